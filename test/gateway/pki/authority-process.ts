// Run as a process of its own by stored-authority.test.ts: prints the certificate of the authority in argv[2].
import { loadOrCreateAuthority } from '../../../gateway/pki/index.ts';

process.stdout.write(loadOrCreateAuthority(process.argv[2] ?? '', 'raced CA').certificatePem);
