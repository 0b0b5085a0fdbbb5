import type { Action } from '../../service';
import type { Context } from '../context';
import { TUNNEL_ID } from '../shapes';
import { boolean, parse, required, structure } from '../validation';

const REQUEST = required(structure({ tunnelId: required(TUNNEL_ID), delete: boolean }));

/** https://docs.aws.amazon.com/iot/latest/apireference/API_iot-secure-tunneling_CloseTunnel.html */
export const closeTunnel = ({ tunnels }: Context): Action => ({ input }) => {
  const request = parse(REQUEST, input);
  const tunnel = tunnels.find(request.tunnelId);
  tunnel.close();
  if (request.delete) tunnels.delete(tunnel);
  return {};
};
