export { writeProfileSummaries } from './profile-files.ts';
export { renderChecks, renderFigures, renderResult, renderTargets } from './summary.ts';
export { formatNumber, renderTable } from './table.ts';
export type { Cell } from './table.ts';
export { writeReport } from './write-report.ts';
