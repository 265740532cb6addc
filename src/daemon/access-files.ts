import { open } from 'node:fs/promises';
import { PolicyError } from '../access/read-policy.js';
import { readTokens, tokensOfPolicy, type TokenHash } from '../access/static-tokens.js';
import type { AuthConfig } from '../config/config.js';
import type { Policy } from '../core/access/policy.js';
import { EXIT } from '../core/exit-codes.js';
import { sourceOf } from './pem.js';
import { messageOf, oneLine, StartError } from './start-error.js';

/** What the files of access hold; undefined: there is no such file. */
export interface AccessTexts {
  readonly policy: string;
  readonly tokens: string | undefined;
  readonly keys: string | undefined;
}

export interface AccessFiles {
  readonly policy: Policy;
  readonly tokens: readonly TokenHash[];
  /** A JWKS, as JSON; undefined: they are not in a file. */
  readonly keys: unknown;
}

const MAX_BYTES = 1024 * 1024;

const POLICY = 'SHARED_LOCK_AUTH_POLICY_PATH';
const TOKENS = 'SHARED_LOCK_AUTH_TOKENS_PATH';
const KEYS = 'SHARED_LOCK_AUTH_JWT_JWKS_PATH';

/** @throws StartError that names a file that can't be read, or has more than 1 MiB. */
export async function readAccessTexts({
  policyPath,
  tokensPath,
  jwt,
}: AuthConfig): Promise<AccessTexts> {
  const keysPath = jwt?.keys.kind === 'file' ? jwt.keys.path : undefined;
  const [policy, tokens, keys] = await Promise.all([
    textOf(POLICY, policyPath),
    tokensPath === undefined ? undefined : textOf(TOKENS, tokensPath),
    keysPath === undefined ? undefined : textOf(KEYS, keysPath),
  ]);
  return { policy, tokens, keys };
}

/** What the texts mean. @param readPolicy may take its time. @throws StartError that names the file and its lines. */
export async function parseAccess(
  { policyPath, tokensPath = '', jwt }: AuthConfig,
  texts: AccessTexts,
  readPolicy: (text: string) => Policy | Promise<Policy>,
): Promise<AccessFiles> {
  const policy = await parsed(POLICY, policyPath, () => readPolicy(texts.policy));
  const { tokens: tokensText, keys: keysText } = texts;
  const ofFile =
    tokensText === undefined
      ? []
      : await parsed(TOKENS, tokensPath, () => readTokens(tokensText, policy));
  const keysPath = jwt?.keys.kind === 'file' ? jwt.keys.path : '';
  const keys =
    keysText === undefined ? undefined : await parsed(KEYS, keysPath, () => keysIn(keysText));
  return { policy, tokens: [...tokensOfPolicy(policy), ...ofFile], keys };
}

async function textOf(setting: string, path: string): Promise<string> {
  const unreadable = (why: string, cause?: unknown): StartError =>
    new StartError(EXIT.config, `${sourceOf(setting, path)} can't be read: ${why}`, cause);
  const file = await open(path).catch((error: unknown) => {
    throw unreadable(messageOf(error), error);
  });
  try {
    const { size } = await file.stat();
    if (size > MAX_BYTES) throw unreadable(`it has more than ${MAX_BYTES} bytes`);
    return await file.readFile('utf8');
  } catch (error) {
    throw error instanceof StartError ? error : unreadable(messageOf(error), error);
  } finally {
    await file.close();
  }
}

async function parsed<T>(setting: string, path: string, parse: () => T | Promise<T>): Promise<T> {
  try {
    return await parse();
  } catch (error) {
    if (!(error instanceof PolicyError)) throw error;
    const problems = oneLine(error.message.replaceAll('\n', '; '));
    throw new StartError(EXIT.config, `${sourceOf(setting, path)}: ${problems}`, error);
  }
}

/** RFC 7517, 5: an object with a list. What a key of it is, is found out when it is used. */
function keysIn(text: string): unknown {
  const wrong = new PolicyError([{ line: 1, message: 'it is no JWKS: {"keys": […]}, as JSON' }]);
  let found: unknown;
  try {
    found = JSON.parse(text);
  } catch {
    throw wrong;
  }
  const isSet =
    typeof found === 'object' && found !== null && 'keys' in found && Array.isArray(found.keys);
  if (!isSet) throw wrong;
  return found;
}
