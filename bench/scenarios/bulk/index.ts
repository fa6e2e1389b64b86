export { BULK_SCENARIO } from './bulk.ts';
