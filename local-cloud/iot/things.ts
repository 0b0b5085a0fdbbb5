import { randomUUID } from 'node:crypto';
import { optionalInteger, string, type Input } from '../inputs';
import type { Place } from '../place';
import { AwsError } from '../service';
import type { RestService, Route } from '../wire/rest-json';

interface Thing {
  readonly thingName: string;
  readonly thingId: string;
  readonly thingArn: string;
  readonly version: number;
  readonly attributes: Readonly<Record<string, string>>;
}

/**
 * The registry of things, as far as scripts around tunnels need it. Whether a thing is here changes nothing for a tunnel: AWS opens one
 * for any name. https://docs.aws.amazon.com/iot/latest/apireference/API_CreateThing.html
 */
export function createThings(place: Place): RestService {
  const things = new Map<string, Thing>();
  const thingArn = (name: string) => place.arn('iot', `thing/${name}`);
  const find = (name: string): Thing => {
    const thing = things.get(name);
    if (!thing) throw new AwsError('ResourceNotFoundException', `Thing ${name} is not found`, 404);
    return thing;
  };

  return {
    name: 'iot',
    routes: [route('POST', 'CreateThing'), route('GET', 'DescribeThing'), route('DELETE', 'DeleteThing')],
    parameters: { CreateThing: ['thingName', 'attributePayload'], DescribeThing: ['thingName'], DeleteThing: ['thingName', 'expectedVersion'] },
    actions: {
      CreateThing({ input }) {
        const thingName = string(input, 'thingName');
        if (!/^[a-zA-Z0-9:_-]{1,128}$/.test(thingName)) throw new AwsError('InvalidRequestException', 'The thing name is invalid');
        const attributes = { ...(input.attributePayload as { attributes?: Record<string, string> } | undefined)?.attributes };
        const known = things.get(thingName);
        if (known && JSON.stringify(known.attributes) !== JSON.stringify(attributes)) {
          throw new AwsError('ResourceAlreadyExistsException', `Thing ${thingName} already exists in account with different attributes`, 409);
        }
        const thing = known ?? { thingName, thingId: randomUUID(), thingArn: thingArn(thingName), version: 1, attributes };
        things.set(thingName, thing);
        return { thingName, thingArn: thing.thingArn, thingId: thing.thingId };
      },
      DescribeThing: ({ input }) => ({ ...find(string(input, 'thingName')), defaultClientId: input.thingName }),
      DeleteThing({ input }) {
        // Deleting a thing that isn't there succeeds, as in AWS.
        const known = things.get(string(input, 'thingName'));
        const expected = optionalInteger(input, 'expectedVersion');
        if (known && expected !== undefined && expected !== known.version) throw new AwsError('VersionConflictException', 'The version is another one', 409);
        things.delete(String(input.thingName));
        return {};
      },
    },
    needs: ({ action, input }) => [{ action: `iot:${action}`, resource: thingArn(String(input.thingName)) }],
  };
}

function route(method: string, action: string): Route {
  return {
    method, action, path: /^\/things\/(?<name>[^/]+)$/,
    input: ({ name }, { query, body }) => {
      const expected = query.get('expectedVersion');
      return { ...parse(body), thingName: decoded(name), ...(expected !== null && { expectedVersion: expected }) };
    },
  };
}

function parse(body: Buffer): Input {
  try {
    return body.length === 0 ? {} : JSON.parse(body.toString('utf8')) as Input;
  } catch {
    throw new AwsError('InvalidRequestException', 'The request body is not valid JSON');
  }
}

function decoded(name: string): string {
  try {
    return decodeURIComponent(name);
  } catch {
    throw new AwsError('InvalidRequestException', 'The thing name is not percent-encoded properly');
  }
}
