import { expect } from 'chai';
import { banner } from '../../../src/daemon/banner.js';
import { load } from '../config/fixture.js';

describe('the banner', () => {
  const listening = { version: '1.2.3', httpPort: 8080, grpcPort: 50_051 };
  const of = (env: Record<string, string>): string => banner(load({ env }).config, listening);

  it('says where the data are, and what a cluster needs', () => {
    const text = of({ SHARED_LOCK_DATA_DIR: '/srv/locks' });
    expect(text).to.contain('embedded: this node only, in /srv/locks');
    expect(text).to.contain('SHARED_LOCK_ETCD_ADDR_LIST');
  });

  it('says that a policy decides, where one does', () => {
    const policy = (mode: string) =>
      of({ SHARED_LOCK_AUTH_MODE: mode, SHARED_LOCK_AUTH_POLICY_PATH: '/policy' });
    expect(policy('enforce')).to.match(/^ {2}access {3}only what the policy allows.*\n\nTake/m);
    expect(policy('audit')).not.to.contain('the policy allows');
  });

  it('has commands that work with TLS', () => {
    const tls = { SHARED_LOCK_TLS_CERT_PATH: '/a.crt', SHARED_LOCK_TLS_KEY_PATH: '/a.key' };
    const text = of({ ...tls, SHARED_LOCK_SERVER_HOST: '0.0.0.0' });
    expect(text).to.contain('curl --cacert ca.crt https://localhost:8080/v1/locks/demo');
    expect(text).to.contain('grpcurl -cacert ca.crt');
    expect(text).to.contain('ca.crt: the authority');
    expect(of({})).not.to.contain('cacert');
  });
});
