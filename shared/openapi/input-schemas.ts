/** What each operation reads: a POST its body, a GET its query. A test fails when an operation is missing here. */

import { adminKeyCreateSchema, adminKeyListSchema } from '../admin-keys/schemas.ts';
import { auditQuerySchema } from '../audit-logs/audit-query.ts';
import { batchCreateSchema, batchListSchema } from '../batches/schemas.ts';
import { circuitListSchema } from '../circuits/schemas.ts';
import { contextPolicyUpdateSchema } from '../context/context-policy.ts';
import {
  conversationCreateSchema,
  conversationUpdateSchema,
  itemCreateSchema,
  itemListSchema,
  itemRetrieveSchema,
} from '../conversations/schemas.ts';
import { fileCreateSchema, fileListSchema } from '../files/schemas.ts';
import {
  chatRequestSchema,
  embeddingRequestSchema,
  moderationRequestSchema,
  responseRequestSchema,
} from '../inference/schemas.ts';
import {
  apiKeyCreateSchema,
  apiKeyListSchema,
  apiKeyUpdateSchema,
  listSchema,
  serviceAccountCreateSchema,
  serviceAccountUpdateSchema,
} from '../keys/schemas.ts';
import {
  modelPermissionsUpdateSchema,
  rateLimitListSchema,
  rateLimitUpdateSchema,
  spendLimitSchema,
} from '../limits/schemas.ts';
import { projectCreateSchema, projectListSchema, projectUpdateSchema } from '../projects/schemas.ts';
import { requestLogPolicyUpdateSchema } from '../request-log/request-log-policy.ts';
import { rerateSchema } from '../rerating/schemas.ts';
import { resiliencePolicyUpdateSchema } from '../resilience/resilience-policy.ts';
import { runListSchema } from '../runs/schemas.ts';
import { safetyPolicyUpdateSchema } from '../safety/policy-update.ts';
import { spendAlertInputSchema, spendAlertListSchema } from '../spend-alerts/schemas.ts';
import { responseRetrieveSchema } from '../stored-responses/schemas.ts';
import { inputTokensSchema } from '../tokens/schemas.ts';
import { toolCreateSchema, toolExecuteSchema, toolListSchema, toolUpdateSchema } from '../tools/schemas.ts';
import { uploadCompleteSchema, uploadCreateSchema, uploadPartCreateSchema } from '../uploads/schemas.ts';
import { costsSchema } from '../usage/costs-query.ts';
import { completionsUsageSchema, otherUsageSchema } from '../usage/usage-query.ts';
import { violationQuerySchema } from '../violations/violation-query.ts';
import { violationReportSchema } from '../violations/violation-report.ts';
import type { InputSchemas } from './document.ts';

export const inputSchemas = {
  getHealth: null,
  getOpenApi: null,
  createChatCompletion: chatRequestSchema,
  createResponse: responseRequestSchema,
  countInputTokens: inputTokensSchema,
  retrieveResponse: responseRetrieveSchema,
  deleteResponse: null,
  listResponseInputItems: itemListSchema,
  cancelResponse: null,
  createEmbedding: embeddingRequestSchema,
  createModeration: moderationRequestSchema,
  listModels: null,
  retrieveModel: null,
  createFile: fileCreateSchema,
  listFiles: fileListSchema,
  retrieveFile: null,
  deleteFile: null,
  retrieveFileContent: null,
  createUpload: uploadCreateSchema,
  addUploadPart: uploadPartCreateSchema,
  completeUpload: uploadCompleteSchema,
  cancelUpload: null,
  createConversation: conversationCreateSchema,
  retrieveConversation: null,
  updateConversation: conversationUpdateSchema,
  deleteConversation: null,
  listConversationItems: itemListSchema,
  createConversationItems: itemCreateSchema,
  retrieveConversationItem: itemRetrieveSchema,
  deleteConversationItem: null,
  createBatch: batchCreateSchema,
  retrieveBatch: null,
  cancelBatch: null,
  listBatches: batchListSchema,
  retrieveKey: null,
  executeTool: toolExecuteSchema,
  createProject: projectCreateSchema,
  listProjects: projectListSchema,
  retrieveProject: null,
  updateProject: projectUpdateSchema,
  archiveProject: null,
  createServiceAccount: serviceAccountCreateSchema,
  listServiceAccounts: listSchema,
  retrieveServiceAccount: null,
  updateServiceAccount: serviceAccountUpdateSchema,
  deleteServiceAccount: null,
  createServiceAccountApiKey: apiKeyCreateSchema,
  listProjectApiKeys: apiKeyListSchema,
  retrieveProjectApiKey: null,
  updateProjectApiKey: apiKeyUpdateSchema,
  deleteProjectApiKey: null,
  createAdminApiKey: adminKeyCreateSchema,
  listAdminApiKeys: adminKeyListSchema,
  retrieveAdminApiKey: null,
  deleteAdminApiKey: null,
  createProjectSpendAlert: spendAlertInputSchema,
  listProjectSpendAlerts: spendAlertListSchema,
  retrieveProjectSpendAlert: null,
  updateProjectSpendAlert: spendAlertInputSchema,
  deleteProjectSpendAlert: null,
  createSpendAlert: spendAlertInputSchema,
  listSpendAlerts: spendAlertListSchema,
  retrieveSpendAlert: null,
  updateSpendAlert: spendAlertInputSchema,
  deleteSpendAlert: null,
  listProjectRateLimits: rateLimitListSchema,
  updateProjectRateLimit: rateLimitUpdateSchema,
  retrieveProjectSpendLimit: null,
  updateProjectSpendLimit: spendLimitSchema,
  deleteProjectSpendLimit: null,
  retrieveOrganizationSpendLimit: null,
  updateOrganizationSpendLimit: spendLimitSchema,
  deleteOrganizationSpendLimit: null,
  retrieveProjectModelPermissions: null,
  updateProjectModelPermissions: modelPermissionsUpdateSchema,
  deleteProjectModelPermissions: null,
  retrieveProjectResiliencePolicy: null,
  updateProjectResiliencePolicy: resiliencePolicyUpdateSchema,
  retrieveProjectContextPolicy: null,
  updateProjectContextPolicy: contextPolicyUpdateSchema,
  retrieveProjectRequestLogPolicy: null,
  updateProjectRequestLogPolicy: requestLogPolicyUpdateSchema,
  retrieveProjectSafetyPolicy: null,
  updateProjectSafetyPolicy: safetyPolicyUpdateSchema,
  listProjectViolations: violationQuerySchema,
  retrieveProjectViolationReport: violationReportSchema,
  createTool: toolCreateSchema,
  listTools: toolListSchema,
  retrieveTool: null,
  updateTool: toolUpdateSchema,
  deleteTool: null,
  retrieveHealth: null,
  getMetrics: null,
  listCircuits: circuitListSchema,
  resetCircuit: null,
  listProjectRuns: runListSchema,
  retrieveRun: null,
  cancelRun: null,
  listAuditLogs: auditQuerySchema,
  listCompletionsUsage: completionsUsageSchema,
  listEmbeddingsUsage: otherUsageSchema,
  listModerationsUsage: otherUsageSchema,
  listCosts: costsSchema,
  rerateUsage: rerateSchema,
} as const satisfies InputSchemas;
