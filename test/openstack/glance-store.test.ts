import { storeContract } from '../stores/contract.ts';
import { streamSinkContract } from '../stores/contract-stream-sink.ts';
import { GLANCE_TRAITS, openGlance } from './glance-under-test.ts';

storeContract('glance', openGlance, GLANCE_TRAITS);
streamSinkContract('glance', openGlance);
