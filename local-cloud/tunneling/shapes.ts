import { list, required, string, structure } from './validation';

/**
 * The constrained types that several actions share.
 * https://docs.aws.amazon.com/iot/latest/apireference/API_Types_AWS_IoT_Secure_Tunneling.html
 */
export const TUNNEL_ID = string({ pattern: /^[a-zA-Z0-9_\-+=:]{1,128}$/ });
export const TUNNEL_ARN = string({ min: 1, max: 1011 });
export const THING_NAME = string({ min: 1, max: 128, pattern: /^[a-zA-Z0-9:_-]+$/ });

const SERVICE = string({ min: 1, max: 128, pattern: /^[a-zA-Z0-9:_-]+$/ });
export const DESTINATION_CONFIG = structure({
  thingName: THING_NAME,
  services: required(list(required(SERVICE), { min: 1 })),
});

const TAG_TEXT = /^([\p{L}\p{Z}\p{N}_.:/=+\-@]*)$/u;
export const TAG_KEY = string({ min: 1, max: 128, pattern: TAG_TEXT });
const TAG = structure({ key: required(TAG_KEY), value: required(string({ max: 256, pattern: TAG_TEXT })) });
export const TAGS = list(required(TAG), { min: 1, max: 200 });
