/** The usage report of yesterday, and on the first of a month that of the last one. */
import { live } from '../shared/deps.ts';
import { type ScheduledHandler, scheduledEventSchema } from '../shared/http/scheduled.ts';
import { makeReport } from '../shared/report/make-report.ts';
import { lastMonth, yesterday } from '../shared/report/period.ts';
import { publishReport } from '../shared/report/publish-report.ts';
import { type ReportDeps, reportDeps } from '../shared/scheduled-deps.ts';

export const createHandler =
  (deps: ReportDeps): ScheduledHandler =>
  async (event) => {
    const { schedule, scheduledAt } = scheduledEventSchema.parse(event);
    const at = Date.parse(scheduledAt);
    const isMonthly = schedule === 'usage-report-monthly';
    const period = isMonthly ? lastMonth(at) : yesterday(at);
    const report = await makeReport(deps, period);
    if (report.check.differences.length > 0) {
      deps.log.warn('the report differs from the usage API', { sums: report.check.differences.length });
    }
    await publishReport(deps, report);
    deps.countEvent(isMonthly ? 'MonthlyReports' : 'DailyReports');
  };

export const handler = createHandler(reportDeps(live(process.env)));
