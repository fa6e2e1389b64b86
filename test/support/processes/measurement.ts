// What a measured process tells of itself over Node's IPC, and how it is asked.
import { z } from 'zod';

/** A class whose living instances are counted: where the process under test has it from, and its name. */
export const countedClassSchema = z.object({ module: z.string(), name: z.string() });
export type CountedClass = z.infer<typeof countedClassSchema>;

export const questionSchema = z.object({ id: z.int(), classes: z.array(countedClassSchema) });

export const measurementSchema = z.object({
  /** Open file descriptors: sockets, files, pipes, the event loop's own. */
  descriptors: z.int(),
  /** After a collection, if there was one. */
  heapUsedBytes: z.int(),
  /** Buffers and what else V8 counts beside its heap. */
  externalBytes: z.int(),
  rssBytes: z.int(),
  /** What keeps or could keep the event loop awake, by Node's name for it. */
  resources: z.record(z.string(), z.int()),
  /** Living instances of the classes that were asked for. */
  instances: z.record(z.string(), z.int()),
});
export type Measurement = z.infer<typeof measurementSchema>;

export const answerSchema = z.object({ id: z.int(), measurement: measurementSchema });
