export { PROCESSES_SCENARIO } from './processes.ts';
