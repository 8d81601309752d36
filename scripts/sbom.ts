/**
 * Prints the software bill of materials of a release (CycloneDX). It is the output of `npm sbom` without the
 * packages that only development needs. (`npm sbom --omit dev` would also leave out packages that both the
 * program and its tests depend on.)
 */
import { execFileSync } from 'node:child_process';

interface Component {
  readonly 'bom-ref': string;
  readonly properties?: readonly { readonly name: string; readonly value: string }[];
}

interface Bom {
  readonly components: readonly Component[];
  readonly dependencies: readonly { readonly ref: string; readonly dependsOn?: readonly string[] }[];
}

const json = execFileSync('npm', ['sbom', '--sbom-format', 'cyclonedx'], { maxBuffer: 64 * 1024 * 1024 });
const bom = JSON.parse(json.toString()) as Bom;
const isForDevelopment = ({ properties = [] }: Component) =>
  properties.some(({ name, value }) => name === 'cdx:npm:package:development' && value === 'true');
const dropped = new Set(bom.components.filter(isForDevelopment).map((component) => component['bom-ref']));
const release: Bom = {
  ...bom,
  components: bom.components.filter((component) => !dropped.has(component['bom-ref'])),
  dependencies: bom.dependencies
    .filter(({ ref }) => !dropped.has(ref))
    .map(({ ref, dependsOn = [] }) => ({ ref, dependsOn: dependsOn.filter((on) => !dropped.has(on)) })),
};
process.stdout.write(`${JSON.stringify(release, null, 2)}\n`);
