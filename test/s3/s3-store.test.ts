import { storeContract } from '../stores/contract.ts';
import { alteredDataContract } from '../stores/contract-altered-data.ts';
import { blockSinkContract } from '../stores/contract-block-sink.ts';
import { recordsContract } from '../stores/contract-records.ts';
import { openS3, S3_TRAITS } from './s3-under-test.ts';

storeContract('s3', openS3, S3_TRAITS);
alteredDataContract('s3', openS3);
recordsContract('s3', openS3);
blockSinkContract('s3', openS3);
