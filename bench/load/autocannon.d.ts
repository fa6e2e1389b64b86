// autocannon brings no types: those of what the bench uses of it, as its README describes them.
declare module 'autocannon' {
  interface Options {
    readonly url: string;
    readonly connections: number;
    /** Seconds. */
    readonly duration: number;
    /** Milliseconds between two samples. */
    readonly sampleInt: number;
    readonly headers: Readonly<Record<string, string>>;
    readonly servername?: string;
    readonly expectBody: string;
  }
  interface Result {
    readonly errors: number;
    readonly non2xx: number;
    readonly mismatches: number;
  }
  interface Instance {
    on(
      event: 'response',
      listener: (client: unknown, status: number, bytes: number, milliseconds: number) => void,
    ): this;
  }
  function autocannon(
    options: Options,
    done: (error: Error | null | undefined, result: Result) => void,
  ): Instance;
  // It is CommonJS: this is its module.exports.
  export default autocannon;
}
