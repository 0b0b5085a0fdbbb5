/** One account in one region: what stands in the ARNs of everything that is made there. */
export class Place {
  constructor(readonly account: string, readonly region: string) {}

  get partition(): string {
    return this.region.startsWith('cn-') ? 'aws-cn' : this.region.startsWith('us-gov-') ? 'aws-us-gov' : 'aws';
  }

  get urlSuffix(): string {
    return this.partition === 'aws-cn' ? 'amazonaws.com.cn' : 'amazonaws.com';
  }

  arn(service: string, resource: string): string {
    return `arn:${this.partition}:${service}:${this.region}:${this.account}:${resource}`;
  }

  /** Of a service that knows no regions: IAM and STS. */
  globalArn(service: string, resource: string): string {
    return `arn:${this.partition}:${service}::${this.account}:${resource}`;
  }
}

/** Where and when something is asked for. */
export interface Circumstances {
  readonly place: Pick<Place, 'account' | 'region'>;
  readonly now: number;
}

/** Where everything is that says nothing else. */
export const HOME = new Place('123456789012', 'eu-west-1');

export const isRegion = (text: string) => /^[a-z]{2}(-[a-z]+){1,3}-\d{1,2}$/.test(text);
export const isAccount = (text: string) => /^\d{12}$/.test(text);
