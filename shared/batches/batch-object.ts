/** `Batch` of the `openai` package. What there is not yet, or will not be, is left out. */
import type { Batch } from './batch.ts';

export function batchObject(batch: Batch) {
  const { times, usage, errors } = batch;
  return {
    id: batch.id,
    object: 'batch',
    endpoint: batch.endpoint,
    ...(errors.length > 0 && { errors: { object: 'list', data: errors } }),
    input_file_id: batch.inputFileId,
    completion_window: '24h',
    status: batch.status,
    ...(batch.model !== null && { model: batch.model }),
    ...(batch.outputFileId !== null && { output_file_id: batch.outputFileId }),
    ...(batch.errorFileId !== null && { error_file_id: batch.errorFileId }),
    created_at: Math.floor(batch.createdAtMs / 1000),
    expires_at: Math.floor(batch.expiresAtMs / 1000),
    ...Object.fromEntries(
      Object.entries({
        in_progress_at: times.inProgress,
        finalizing_at: times.finalizing,
        completed_at: times.completed,
        failed_at: times.failed,
        expired_at: times.expired,
        cancelling_at: times.cancelling,
        cancelled_at: times.cancelled,
      }).filter(([, at]) => at !== undefined),
    ),
    request_counts: { total: batch.total, completed: batch.completed, failed: batch.failed },
    usage: {
      input_tokens: usage.inputTokens,
      input_tokens_details: { cached_tokens: usage.cachedTokens },
      output_tokens: usage.outputTokens,
      output_tokens_details: { reasoning_tokens: usage.reasoningTokens },
      total_tokens: usage.inputTokens + usage.outputTokens,
    },
    metadata: batch.metadata,
  };
}
