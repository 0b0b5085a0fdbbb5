import { isRecord } from '../inputs';
import { remember } from '../journal';

export interface LogLine {
  readonly functionName: string;
  readonly instance: string;
  /** Of the invocation that wrote it; undefined while the instance starts. */
  readonly requestId?: string;
  readonly at: number;
  readonly text: string;
}

/** Every line that functions wrote. */
export class Logs {
  readonly lines: LogLine[] = [];

  private readonly sinks: ((line: LogLine) => void)[] = [];

  /** Tells of every line from now on. */
  onLine(sink: (line: LogLine) => void): void {
    this.sinks.push(sink);
  }

  write(line: LogLine): void {
    remember(this.lines, line);
    for (const sink of this.sinks) sink(line);
  }

  of(functionName: string): string[] {
    return this.lines.filter((line) => line.functionName === functionName).map(({ text }) => text);
  }
}

/** One value of one metric, from a line in CloudWatch's embedded metric format. */
export interface MetricValue {
  readonly namespace: string;
  readonly name: string;
  readonly unit?: string;
  readonly value: number;
  readonly dimensions: Readonly<Record<string, string>>;
  /** The line's other fields. */
  readonly properties: Readonly<Record<string, unknown>>;
  readonly at: number;
  readonly functionName: string;
}

export interface MetricQuery {
  readonly namespace?: string;
  readonly functionName?: string;
  /** All of these must be among the value's dimensions. */
  readonly dimensions?: Readonly<Record<string, string>>;
}

/** Metrics as CloudWatch would extract them from the logs. */
export class Metrics {
  constructor(private readonly logs: Logs) {}

  /** In the order that they were written. */
  values(name: string, { namespace, functionName, dimensions = {} }: MetricQuery = {}): MetricValue[] {
    return this.all().filter((value) => value.name === name
      && (namespace === undefined || value.namespace === namespace)
      && (functionName === undefined || value.functionName === functionName)
      && Object.entries(dimensions).every(([key, wanted]) => value.dimensions[key] === wanted));
  }

  sum(name: string, query?: MetricQuery): number {
    return this.values(name, query).reduce((sum, { value }) => sum + value, 0);
  }

  all(): MetricValue[] {
    return this.logs.lines.flatMap(metricsOf);
  }
}

/** https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format_Specification.html */
function metricsOf({ text, functionName }: LogLine): MetricValue[] {
  const document = parse(text);
  const metadata = document?._aws;
  if (!document || !isRecord(metadata) || !Array.isArray(metadata.CloudWatchMetrics)) return [];
  return metadata.CloudWatchMetrics.filter(isRecord).flatMap((directive) => {
    const metrics = directive.Metrics as { Name: string; Unit?: string }[];
    const sets = directive.Dimensions as string[][];
    const names = new Set([...metrics.map(({ Name }) => Name), ...sets.flat(), '_aws']);
    const properties = Object.fromEntries(Object.entries(document).filter(([key]) => !names.has(key)));
    return metrics.flatMap(({ Name, Unit }) => sets.flatMap((set) => [document[Name]].flat().map((value) => ({
      namespace: String(directive.Namespace), name: Name, unit: Unit, value: Number(value), functionName, properties,
      dimensions: Object.fromEntries(set.map((key) => [key, String(document[key])])),
      at: Number(metadata.Timestamp),
    }))));
  });
}

function parse(text: string): Record<string, unknown> | undefined {
  if (!text.includes('"_aws"')) return undefined;
  try {
    const parsed: unknown = JSON.parse(text);
    return isRecord(parsed) ? parsed : undefined;
  } catch {
    return undefined;
  }
}
