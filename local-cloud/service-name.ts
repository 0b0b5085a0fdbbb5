/** What can be served here, by the names that `--services` takes. */
export const SERVICES = ['cloudtrail', 'dynamodb', 'events', 'iot', 'iotdata', 'iotsecuretunneling', 'lambda', 'secretsmanager', 'sqs', 'sts'] as const;
export type ServiceName = (typeof SERVICES)[number];
