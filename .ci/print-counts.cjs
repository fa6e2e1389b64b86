// The last line of .ci/run, from Vitest's JSON reports. Plain CommonJS: any Node of the machine runs it.
const { readFileSync } = require('node:fs');
const { basename } = require('node:path');

let passed = 0;
let failed = 0;
let skipped = 0;

for (const file of process.argv.slice(2)) {
  const suite = basename(file, '.json');
  let report;
  try {
    report = JSON.parse(readFileSync(file, 'utf8'));
  } catch {
    console.log(`${suite}: no report, the suite did not run to its end`);
    failed += 1;
    continue;
  }
  // A file that could not even be loaded has no tests that could fail: it counts as one.
  const brokenFiles = report.testResults.filter(
    (result) =>
      result.status === 'failed' && !result.assertionResults.some((test) => test.status === 'failed'),
  ).length;
  const counts = {
    passed: report.numPassedTests,
    failed: report.numFailedTests + brokenFiles,
    skipped: report.numPendingTests + report.numTodoTests,
  };
  console.log(
    `${suite}: ${report.testResults.length} files, ${counts.passed} passed, ${counts.failed} failed, ${counts.skipped} skipped`,
  );
  passed += counts.passed;
  failed += counts.failed;
  skipped += counts.skipped;
}

const parts = [`${passed} passed`, `${failed} failed`];
if (skipped > 0) parts.push(`${skipped} skipped`);
console.log(parts.join(', '));
process.exitCode = failed === 0 ? 0 : 1;
