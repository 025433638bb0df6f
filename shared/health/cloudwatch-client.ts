/** What is used of the CloudWatch client, for `import()`: of the package esbuild would keep everything (infra/build/lazy-modules.ts). */
export { CloudWatchClient, DescribeAlarmsCommand, GetMetricDataCommand } from '@aws-sdk/client-cloudwatch';
