import { expect, test } from 'vitest';
import { imageEndpoint } from '../../src/openstack/endpoint.ts';
import type { Catalog } from '../../src/openstack/index.ts';
import { urlBelow } from '../../src/openstack/transport.ts';

function catalogOf(url: string, region_id: string | null = 'ot1', face = 'public'): Catalog {
  return [
    { type: 'identity', endpoints: [{ interface: 'public', region_id, url: 'http://keystone.example' }] },
    { type: 'image', endpoints: [{ interface: face, region_id, url }] },
  ];
}

test.each([
  ['http://a.example', '/v2/images'],
  ['http://a.example/', '/v2/images'],
  ['http://a.example/v2', '/v2/images'],
  ['http://a.example/v2/', '/v2/images'],
  ['http://a.example/v2.9', '/v2/images'],
  ['http://a.example/image', '/image/v2/images'],
  ['http://a.example/image/v2/', '/image/v2/images'],
])('if the endpoint is %s, images are at %s', (url, path) => {
  const endpoint = imageEndpoint(catalogOf(url), 'ot1', 'public');
  expect(urlBelow(endpoint, '/v2/images')).toEqual({ origin: 'http://a.example', path });
});

test('no path leads to another host', () => {
  for (const path of ['/v2/images/../../x', '//b.example/v2', '/v2/images/@b.example', '/\\b.example']) {
    expect(urlBelow('https://a.example:9292/image', path).origin).toBe('https://a.example:9292');
  }
});

test('the region and the interface choose the address', () => {
  const catalog = [
    ...catalogOf('http://ot1.example'),
    ...catalogOf('http://ot2.example', 'ot2'),
    ...catalogOf('http://inner.example', 'ot2', 'internal'),
  ];
  expect(imageEndpoint(catalog, 'ot2', 'public')).toBe('http://ot2.example');
  expect(imageEndpoint(catalog, 'ot2', 'internal')).toBe('http://inner.example');
  expect(() => imageEndpoint(catalog, null, 'public')).toThrow('region_name: has to be set to one of the');
  expect(imageEndpoint(catalog, null, 'internal')).toBe('http://inner.example');
  expect(() => imageEndpoint(catalog, 'ot1', 'admin')).toThrow('no admin image service of region ot1');
});

test.each(['', 'a.example', 'ftp://a.example', 'http://'])(
  'an endpoint %j is ignored, so that no token is sent there',
  (url) => {
    expect(() => imageEndpoint(catalogOf(url), 'ot1', 'public')).toThrow(
      'no public image service of region ot1',
    );
  },
);
