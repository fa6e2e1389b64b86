export { besideTransfer, wholeTransfer } from './run-transfer.ts';
export type { TransferPlan, TransferRound } from './run-transfer.ts';
export { transferChecks } from './transfer-checks.ts';
