// In which shape a client wants an object: whole, as rows of a table, or only its metadata (the Accept header).
import { badRequest, StatusError } from '../status-error.ts';

export type Presentation = 'object' | 'table' | 'metadata';

interface MediaRange {
  readonly type: string;
  readonly parameters: ReadonlyMap<string, string>;
}

/** The ranges of an Accept header, in the client's order; quality values are not used by Kubernetes clients. */
export function parseAccept(header: string | undefined): readonly MediaRange[] {
  return (header ?? '*/*').split(',').map((range) => {
    const [type = '', ...parameters] = range.split(';').map((part) => part.trim());
    const pairs = parameters.map((parameter): [string, string] => {
      const [name = '', value = ''] = parameter.split('=', 2);
      return [name.toLowerCase(), value];
    });
    return { type: type.toLowerCase(), parameters: new Map(pairs) };
  });
}

/** @throws StatusError 406 where the client takes nothing that the stand-in speaks */
export function choosePresentation(header: string | undefined): Presentation {
  for (const { type, parameters } of parseAccept(header)) {
    if (type !== 'application/json' && type !== 'application/*' && type !== '*/*' && type !== '') continue;
    const wanted = parameters.get('as');
    if (wanted === undefined) return 'object';
    const metaV1 = parameters.get('g') === 'meta.k8s.io' && parameters.get('v') === 'v1';
    if (wanted === 'Table' && metaV1) return 'table';
    if ((wanted === 'PartialObjectMetadata' || wanted === 'PartialObjectMetadataList') && metaV1)
      return 'metadata';
  }
  throw new StatusError(
    'NotAcceptable',
    'only the following media types are accepted: application/json, application/json;as=Table;v=v1;g=meta.k8s.io',
  );
}

/** A query parameter that is a whole number, or undefined. @throws StatusError 400 */
export function readNumber(query: URLSearchParams, name: string): number | undefined {
  const text = query.get(name);
  if (text === null || text === '') return undefined;
  if (!/^\d{1,15}$/.test(text)) throw badRequest(`${name}: ${JSON.stringify(text)} is not a whole number`);
  return Number(text);
}
