/**
 * AWS's list prices in US dollars for eu-west-1, without free tiers and without reductions, as its pricing pages had them in June 2026.
 * Whoever doubts a figure of ours begins here.
 */
export const PRICES = {
  /** A million requests, and a GB-second on arm64. */
  lambda: { million: 0.2, gigabyteSecond: 0.0000133334 },
  /** A million requests of a standard queue. */
  sqs: { million: 0.4 },
  /** On demand: a million write and read request units. */
  dynamodb: { millionWrites: 0.705, millionReads: 0.1415 },
  secretsManager: { secretMonth: 0.4, tenThousandCalls: 0.05 },
  /** A million custom events; what AWS services send is free. */
  eventbridge: { million: 1 },
  scheduler: { million: 1.15 },
  /** A million messages of up to 5 kB; a million rules triggered; a million actions. */
  iot: { millionMessages: 1, millionRules: 0.15, millionActions: 0.15 },
  cloudwatch: { metricMonth: 0.3, alarmMonth: 0.1, dashboardMonth: 3, logsGigabyte: 0.57 },
  /**
   * One tunnel of up to twelve hours. Quoted from AWS's page in September 2020 (issue 28 of the official local proxy); it differs between
   * regions and has changed since: https://aws.amazon.com/iot-device-management/pricing/
   */
  tunnel: 5,
} as const;
