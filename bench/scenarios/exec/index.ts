export { EXEC_SCENARIO } from './exec.ts';
