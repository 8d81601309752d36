/** Data flows one way: REST and command → job service → workflow → activities → transfer → stores. */
const only = (name, from, to) => ({ name, severity: 'error', from: { path: from }, to: { path: to } });

module.exports = {
  forbidden: [
    { name: 'no-cycles', severity: 'error', from: {}, to: { circular: true } },
    { name: 'resolvable', severity: 'error', from: {}, to: { couldNotResolve: true } },
    only('text-is-a-base', '^src/text/', '^(src/(?!text/)|workflows/|activities/|node:)'),
    only('image-is-the-base', '^src/image/', '^(src/(?!image/)|workflows/|activities/)'),
    only(
      'object-task-is-pure',
      '^src/object-task/',
      '^(src/(?!copy-job/|object-task/|text/)|workflows/|activities/|node:)',
    ),
    only(
      'copy-job-is-pure',
      '^src/copy-job/',
      '^(src/(?!image/|copy-job/|text/)|workflows/|activities/|node:)',
    ),
    only(
      'signatures-are-pure',
      '^src/signatures/',
      '^(src/(?!signatures/)|workflows/|activities/|node_modules/)',
    ),
    only(
      'stores-know-images-and-clouds-only',
      '^src/stores/',
      '^(src/(?!image/|memory/|stores/|openstack/|http/|text/|wait/)|workflows/|activities/)',
    ),
    only('wait-is-a-base', '^src/wait/', '^(src/(?!wait/)|workflows/|activities/)'),
    only('http-is-a-base', '^src/http/', '^(src/(?!http/)|workflows/|activities/)'),
    only(
      'openstack-knows-nothing-of-copies',
      '^src/openstack/',
      '^(src/(?!openstack/|http/|wait/)|workflows/|activities/)',
    ),
    only(
      'transfer-knows-stores-only',
      '^src/transfer/',
      '^(src/(?!image/|memory/|stores/|transfer/|wait/)|workflows/|activities/)',
    ),
    only('transfer-touches-no-disk', '^src/transfer/', '^(node:)?fs(/promises)?$'),
    only('memory-is-a-base', '^src/memory/', '^(src/(?!memory/)|workflows/|activities/)'),
    {
      name: 'drivers-never-import-each-other',
      severity: 'error',
      from: { path: '^src/stores/([^/]+)/' },
      to: { path: '^src/stores/([^/]+)/', pathNot: '^src/stores/($1|disk)/' },
    },
    {
      name: 'dialects-never-import-each-other',
      severity: 'error',
      from: { path: '^src/api/(?!caller/|events/)([^/]+)/' },
      to: { path: '^src/api/(?!caller/|events/)([^/]+)/', pathNot: '^src/api/$1/' },
    },
    {
      name: 'what-dialects-share-knows-no-dialect',
      severity: 'error',
      from: { path: '^src/api/(caller|events)/' },
      to: { path: '^src/api/(?!caller/|events/)[^/]+/' },
    },
    only(
      'no-temporal-below-the-activities',
      '^src/(image|openstack|stores|transfer|identity|config|api)/',
      '^node_modules/@temporalio/',
    ),
    only(
      'no-http-server-outside-the-api',
      '^(src/(?!api/)|workflows/|activities/)',
      '^node_modules/(@fastify|fastify)/',
    ),
    only(
      'api-knows-the-job-service-only',
      '^src/api/',
      '^(src/(stores|transfer|temporal|worker|cli)/|workflows/|activities/)',
    ),
    only(
      'activities-do-not-look-up',
      '^activities/',
      '^(src/(api|cli|job-service|task-service|identity|worker)/|workflows/)',
    ),
    {
      name: 'workflows-are-sandboxed',
      severity: 'error',
      from: { path: '^workflows/' },
      to: { path: '^(src/(?!copy-job/|object-task/|image/|text/)|node:)' },
    },
    {
      name: 'workflows-take-types-only-from-activities',
      severity: 'error',
      from: { path: '^workflows/' },
      to: { path: '^activities/', dependencyTypesNot: ['type-only'] },
    },
    only('nothing-imports-the-command', '^(src/(?!cli/)|workflows/|activities/)', '^src/cli/'),
    only('product-does-not-need-its-tests', '^(src|workflows|activities)/', '^(test|bench)/'),
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    exclude: { path: '^(node_modules|\\.temporal-dev)/' },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    enhancedResolveOptions: { exportsFields: ['exports'], conditionNames: ['import', 'node', 'types'] },
  },
};
