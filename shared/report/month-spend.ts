/** What a calendar month has cost so far: that is what spend limits are for. */
import type { StoredAttempt } from '../usage/attempt.ts';

export class MonthSpend {
  totalMicroUsd = 0;
  readonly projects = new Map<string, number>();
  readonly keys = new Map<string, number>();

  add(row: StoredAttempt): void {
    if (row.state !== 'settled') return;
    this.totalMicroUsd += row.costMicroUsd;
    this.projects.set(row.projectId, (this.projects.get(row.projectId) ?? 0) + row.costMicroUsd);
    this.keys.set(row.apiKeyId, (this.keys.get(row.apiKeyId) ?? 0) + row.costMicroUsd);
  }
}
