import { describe } from 'vitest';
import { destinationContract } from './contract-destination.ts';
import { discardContract } from './contract-discard.ts';
import { sinkContract } from './contract-sink.ts';
import { sourceContract } from './contract-source.ts';
import type { OpenStore } from './store-under-test.ts';

/** What every store has to keep, whatever it is made of. A driver's own test file adds what is its own. */
export function storeContract(name: string, openStore: OpenStore): void {
  describe(`${name} store`, () => {
    describe('as a source', () => sourceContract(openStore));
    describe('as a destination', () => destinationContract(openStore));
    describe('as it takes data', () => sinkContract(openStore));
    describe('as it gives up an image', () => discardContract(openStore));
  });
}
