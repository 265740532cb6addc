import { expect } from 'chai';
import { CliProcess } from '../support/cli-process.js';
import type { CliResult } from '../support/cli-process.js';
import { DaemonProcess } from '../support/daemon-process.js';

describe('The variables of the command line', function () {
  this.timeout(60_000);
  let daemon: DaemonProcess;
  before(async () => (daemon = await DaemonProcess.start()));
  after(() => daemon.dispose());

  const cli = (line: string, env: Readonly<Record<string, string>>): Promise<CliResult> =>
    new CliProcess(line.split(' '), { address: daemon.grpcAddress, env }).ended;

  it('are refused if there are no such ones, with the nearest name, by each command', async () => {
    const lines = [
      'run x -- true',
      'lock list',
      'lease create',
      'election list',
      'counter get x',
      'config list a',
      'message put x',
    ];
    const results = await Promise.all(
      lines.map((line) => cli(line, { SHARED_LOCK_ADRESS: 'x:1' })),
    );
    for (const [at, result] of results.entries()) {
      expect(result, lines[at]).to.deep.equal({
        code: 78,
        out: '',
        err: 'shared-lock: SHARED_LOCK_ADRESS: there is no such variable (did you mean SHARED_LOCK_ADDRESS?)\n',
      });
    }
  });

  it('tell of all that are wrong, a line each', async () => {
    const { err } = await cli('counter get x', {
      SHARED_LOCK_TIMEOUTS: '1s',
      SHARED_LOCK_CA_CERT: '/x',
    });
    expect(err.trim().split('\n')).to.have.lengthOf(2);
  });

  it("may be the daemon's, those of the surrounding `run`, and what Kubernetes adds for a Service", async () => {
    const env = {
      ...{
        SHARED_LOCK_ETCD_ADDR_LIST: 'a:1',
        SHARED_LOCK_SERVER_PORT: '1',
        SHARED_LOCK_LIMIT_LEASES: '7',
      },
      ...{ SHARED_LOCK_SERVICE_HOST: '10.0.0.1', SHARED_LOCK_SERVICE_PORT_GRPC: '50051' },
      ...{
        SHARED_LOCK_PORT: 'tcp://10.0.0.1:50051',
        SHARED_LOCK_PORT_50051_TCP: 'tcp://10.0.0.1:50051',
      },
      ...{ SHARED_LOCK_PORT_50051_TCP_PROTO: 'tcp', SHARED_LOCK_HEADLESS_PORT: 'tcp://10.0.0.2:1' },
      ...{ SHARED_LOCK_UNKNOWN: '' },
    };
    const line = 'run outer -- sh -c'.split(' ');
    const inner = 'exec bin/shared-lock run inner -- env';
    const result = await new CliProcess([...line, inner], { address: daemon.grpcAddress, env })
      .ended;
    expect(result).to.include({ code: 0, err: '' });
    const known = Object.fromEntries(
      result.out.split('\n').flatMap((each) => {
        const [name = '', value = ''] = each.split('=', 2);
        return name.startsWith('SHARED_LOCK_') ? [[name, value]] : [];
      }),
    );
    // What the command of a `run` sees is known to each command, whatever more it will be.
    expect(await cli('counter get x', known)).to.deep.equal({ code: 0, out: '0\n', err: '' });
  });

  it('may not name no daemon at all', async () => {
    const env = { SHARED_LOCK_ADDRESS: '' };
    const { code, err } = await cli('run x -- true', env);
    expect(code).to.equal(78);
    expect(err).to.match(/^shared-lock: SHARED_LOCK_ADDRESS is empty: give [^\n]+\n$/);
    expect((await cli(`counter get x --address ${daemon.grpcAddress}`, env)).code).to.equal(0);
  });
});
