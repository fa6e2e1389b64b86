// Where the stand-in has what.

export const SMALL_PATH = '/api/v1/namespaces/default/configmaps/bench';
export const LIST_PATH = '/api/v1/pods';
/** GET takes as many bytes of the pattern as `?bytes=` says; POST takes the pattern in. */
export const BULK_PATH = '/bulk';

export function bulkDownloadPath(bytes: number): string {
  return `${BULK_PATH}?bytes=${bytes}`;
}
