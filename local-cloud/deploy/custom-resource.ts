import { randomUUID } from 'node:crypto';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { isRecord } from '../inputs';
import { DeploymentError } from './errors';
import type { Former, Properties, Provisioned, ResourceContext, ResourceType } from './resource-type';

/** Seconds that CloudFormation waits unless the template says otherwise. */
const SERVICE_TIMEOUT = 3600;

/** What the function answers. https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/crpg-ref-responses.html */
interface Answer {
  readonly physicalId: string;
  readonly data: Readonly<Record<string, unknown>>;
}

/** A resource that a function of the template makes and removes: CloudFormation asks it, and waits for its answer. */
export const customResource = (type: string): ResourceType => ({
  understood: ['*'], // by the function
  create: (properties, context) => provision('Create', type, properties, context),
  update: (properties, context, former) => {
    // https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-cloudformation-customresource.html
    if (properties.ServiceToken !== former.properties.ServiceToken) {
      throw new DeploymentError(`${context.logicalId}: Modifying service token is not allowed.`);
    }
    return provision('Update', type, properties, context, former);
  },
});

async function provision(
  requestType: 'Create' | 'Update', type: string, properties: Properties, context: ResourceContext, former?: Former,
): Promise<Provisioned> {
  const { physicalId, data } = await ask(requestType, type, properties, context, former?.provisioned.physicalId, former?.properties);
  return { physicalId, attributes: data, remove: () => ask('Delete', type, properties, context, physicalId) };
}

/** @throws DeploymentError if the function says that it failed, or says nothing in time */
async function ask(
  RequestType: 'Create' | 'Update' | 'Delete', ResourceType: string, properties: Properties, { parts, assembly, logicalId }: ResourceContext,
  physicalId?: string, formerProperties?: Properties,
): Promise<Answer> {
  const { ServiceToken, ServiceTimeout = SERVICE_TIMEOUT } = properties;
  const names = {
    StackId: parts.place.arn('cloudformation', `stack/${assembly.stackName}/00000000-0000-0000-0000-000000000000`),
    RequestId: randomUUID(),
    LogicalResourceId: logicalId,
  };
  const mailbox = await openMailbox();
  let giveUp = (): void => undefined;
  let unhook = (): void => undefined;
  try {
    const late = new Promise<never>((_, reject) => {
      giveUp = parts.clock.after(Number(ServiceTimeout) * 1000,
        () => reject(new DeploymentError(`${logicalId}: ${String(ServiceToken)} did not answer ${RequestType} within ${String(ServiceTimeout)} seconds`)));
    });
    // A function that failed for good has nothing to say any more.
    const failed = new Promise<never>((_, reject) => {
      unhook = parts.lambda.onGivenUp((event, { errorType, errorMessage }) => {
        if (isRecord(event) && event.RequestId === names.RequestId) {
          reject(new DeploymentError(`${logicalId}: ${String(ServiceToken)} failed on ${RequestType}: ${errorType}: ${errorMessage}`));
        }
      });
    });
    failed.catch(() => undefined); // the call below may fail first
    await parts.act({ kind: 'user', arn: parts.place.globalArn('iam', 'user/cloudformation') }, parts.lambda.service, 'Invoke', {
      FunctionName: ServiceToken,
      InvocationType: 'Event',
      Payload: JSON.stringify({
        RequestType, ResourceType, ServiceToken, ...names, ResponseURL: mailbox.url, ResourceProperties: properties,
        ...(physicalId !== undefined && { PhysicalResourceId: physicalId }),
        ...(formerProperties !== undefined && { OldResourceProperties: formerProperties }),
      }),
    });
    return readAnswer(await Promise.race([mailbox.letter, late, failed]), names, RequestType);
  } finally {
    giveUp();
    unhook();
    mailbox.close();
  }
}

function readAnswer(body: string, names: Readonly<Record<string, string>>, requestType: string): Answer {
  const answer: unknown = JSON.parse(body);
  const place = names.LogicalResourceId;
  if (!isRecord(answer)) throw new DeploymentError(`${place}: the answer to ${requestType} is not an object`);
  const wrong = Object.keys(names).find((name) => answer[name] !== names[name]);
  if (wrong) throw new DeploymentError(`${place}: the answer to ${requestType} has another ${wrong} than the request`);
  if (answer.Status !== 'SUCCESS') throw new DeploymentError(`${place}: ${requestType} failed: ${String(answer.Reason)}`);
  if (typeof answer.PhysicalResourceId !== 'string') throw new DeploymentError(`${place}: the answer to ${requestType} has no PhysicalResourceId`);
  return { physicalId: answer.PhysicalResourceId, data: isRecord(answer.Data) ? answer.Data : {} };
}

/** Stands for the presigned URL: whoever knows it may put one answer there. */
async function openMailbox() {
  const path = `/${randomUUID()}`;
  let deliver: (body: string) => void = () => undefined;
  const letter = new Promise<string>((resolve) => { deliver = resolve; });
  const server = createServer((request, response) => {
    // The URL is signed for no content type; a request with one is refused.
    const welcome = request.method === 'PUT' && request.url === path && !request.headers['content-type'];
    void text(request).then((body) => {
      response.writeHead(welcome ? 200 : 403).end();
      if (welcome) deliver(body);
    });
  });
  await new Promise<void>((resolve) => { server.listen(0, '127.0.0.1', resolve); });
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}${path}`,
    letter,
    close(): void {
      server.close();
      server.closeIdleConnections();
    },
  };
}
