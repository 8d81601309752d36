import { describe } from 'vitest';
import { destinationContract } from './contract-destination.ts';
import { discardContract } from './contract-discard.ts';
import { lateContract } from './contract-late.ts';
import { leftoversContract } from './contract-leftovers.ts';
import { preparationContract } from './contract-preparation.ts';
import { sourceContract } from './contract-source.ts';
import type { OpenStore, StoreTraits } from './store-under-test.ts';

/**
 * Defines the tests of the contract that every store of images MUST keep. The test file of a driver also
 * calls the contract of its sinks (`partSinkContract`, `blockSinkContract` or `streamSinkContract`), and adds
 * tests of its own.
 */
export function storeContract(name: string, openStore: OpenStore, traits: StoreTraits): void {
  describe(`${name} store`, () => {
    describe('as a source', () => sourceContract(openStore, traits));
    describe('as it reserves an image', () => preparationContract(openStore, traits));
    describe('as a destination', () => destinationContract(openStore, traits));
    describe('as it discards an image', () => discardContract(openStore, traits));
    describe('as it lists leftovers', () => leftoversContract(openStore));
    describe('as late attempts call it', () => lateContract(openStore, traits));
  });
}
