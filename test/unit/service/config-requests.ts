import { caller } from '../../support/services.js';
import type {
  Config,
  DeleteConfigRequest,
  GetConfigRequest,
  PatchConfigRequest,
  PutConfigRequest,
} from '../../../src/core/config-document.js';
import type { Services } from '../../../src/service/services.js';

const AT = { namespace: 'ns', name: 'app' };
const WRITE = { ...AT, ifMatch: undefined, requestId: '', fence: undefined };

/** Requests with what the tests of documents mostly mean. */
export const requests = {
  put: (document: string, rest: Partial<PutConfigRequest> = {}): PutConfigRequest => ({
    ...WRITE,
    document,
    schema: undefined,
    ifNoneMatch: undefined,
    ...rest,
  }),
  patch: (patch: string, rest: Partial<PatchConfigRequest> = {}): PatchConfigRequest => ({
    ...WRITE,
    type: 'MERGE_PATCH',
    patch,
    ...rest,
  }),
  delete: (rest: Partial<DeleteConfigRequest> = {}): DeleteConfigRequest => ({
    ...WRITE,
    force: false,
    ...rest,
  }),
  get: (rest: Partial<GetConfigRequest> = {}): GetConfigRequest => ({
    ...AT,
    version: undefined,
    consistency: 'LINEARIZABLE',
    ...rest,
  }),
  write: WRITE,
  at: AT,
};

export function put(
  { configs }: Services,
  document: string,
  rest: Partial<PutConfigRequest> = {},
): Promise<Config> {
  return configs.put(requests.put(document, rest), caller());
}

export async function textOf(
  { configs }: Services,
  rest: Partial<GetConfigRequest> = {},
): Promise<string> {
  return (await configs.get(requests.get(rest))).document;
}
