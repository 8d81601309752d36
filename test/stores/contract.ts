import { describe } from 'vitest';
import { destinationContract } from './contract-destination.ts';
import { discardContract } from './contract-discard.ts';
import { lateContract } from './contract-late.ts';
import { leftoversContract } from './contract-leftovers.ts';
import { preparationContract } from './contract-preparation.ts';
import { sourceContract } from './contract-source.ts';
import type { OpenStore, StoreTraits } from './store-under-test.ts';

/**
 * What every store has to keep, whatever it is made of. Beside it a driver's own test file calls the contract of
 * its sinks (`partSinkContract` or `streamSinkContract`), and adds what is its own.
 */
export function storeContract(name: string, openStore: OpenStore, traits: StoreTraits): void {
  describe(`${name} store`, () => {
    describe('as a source', () => sourceContract(openStore, traits));
    describe('as it reserves an image', () => preparationContract(openStore, traits));
    describe('as a destination', () => destinationContract(openStore, traits));
    describe('as it gives up an image', () => discardContract(openStore, traits));
    describe('as things are left behind', () => leftoversContract(openStore));
    describe('as an attempt comes late', () => lateContract(openStore, traits));
  });
}
