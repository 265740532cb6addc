import { Client, credentials, Metadata } from '@grpc/grpc-js';
import type {
  ChannelCredentials,
  ClientDuplexStream,
  ClientReadableStream,
  ServiceError,
} from '@grpc/grpc-js';
import type { CallMethod } from '../../protocol/call-descriptors.js';
import { withoutAddressAsServerName } from '../../tls/server-name.js';
import type { TlsOptions } from '../options.js';

/** Finds a daemon that is gone without a word: a ping, and the time for its answer. */
const PING_EVERY_MS = 10_000;
const PING_TIMEOUT_MS = 5000;
const MAX_MESSAGE_BYTES = 16 * 1024 * 1024;

/** One daemon. It connects with the first call, and again whenever it has to. */
export class Connection {
  readonly address: string;
  readonly #credentials: ChannelCredentials;
  readonly #options: object;
  #client: Client;
  #isClosed = false;

  constructor(address: string, tls: TlsOptions | undefined) {
    this.address = address;
    this.#credentials = credentialsOf(tls);
    this.#options = {
      // A connection of its own, so that `renew` gets another one.
      'grpc.use_local_subchannel_pool': 1,
      'grpc.keepalive_time_ms': PING_EVERY_MS,
      'grpc.keepalive_timeout_ms': PING_TIMEOUT_MS,
      'grpc.initial_reconnect_backoff_ms': 100,
      'grpc.max_reconnect_backoff_ms': 2000,
      'grpc.max_receive_message_length': MAX_MESSAGE_BYTES,
      'grpc.service_config_disable_resolution': 1,
      // Repeating is the caller's business: it knows what is safe.
      'grpc.enable_retries': 0,
      // Daemons are near; a proxy for the web would only be in the way.
      'grpc.enable_http_proxy': 0,
      ...(tls?.serverName === undefined ? {} : { 'grpc.ssl_target_name_override': tls.serverName }),
    };
    this.#client = this.#connect();
  }

  /** One request, one answer. `cancel` gives it up: the answer is then an error. */
  unary(
    method: CallMethod,
    request: object,
    answered: (error: ServiceError | null, response: object | undefined) => void,
  ): { cancel(): void } {
    const { path, requestSerialize, responseDeserialize } = method;
    return this.#client.makeUnaryRequest(
      path,
      requestSerialize,
      responseDeserialize,
      request,
      new Metadata(),
      answered,
    );
  }

  serverStream(method: CallMethod, request: object): ClientReadableStream<object> {
    const { path, requestSerialize, responseDeserialize } = method;
    return this.#client.makeServerStreamRequest(
      path,
      requestSerialize,
      responseDeserialize,
      request,
      new Metadata(),
    );
  }

  bidi(method: CallMethod): ClientDuplexStream<object, object> {
    const { path, requestSerialize, responseDeserialize } = method;
    return this.#client.makeBidiStreamRequest(
      path,
      requestSerialize,
      responseDeserialize,
      new Metadata(),
    );
  }

  /** Later calls go over another TCP connection; those under way keep theirs. */
  renew(): void {
    if (this.#isClosed) return;
    this.#client.close();
    this.#client = this.#connect();
  }

  close(): void {
    this.#isClosed = true;
    this.#client.close();
  }

  #connect(): Client {
    return new Client(this.address, this.#credentials, this.#options);
  }
}

function credentialsOf(tls: TlsOptions | undefined): ChannelCredentials {
  if (tls === undefined) return credentials.createInsecure();
  const pem = (text: string | Uint8Array | undefined): Buffer | null =>
    text === undefined ? null : Buffer.from(text);
  return withoutAddressAsServerName(
    credentials.createSsl(pem(tls.ca), pem(tls.key), pem(tls.cert)),
  );
}
