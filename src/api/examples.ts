/** The ids in the examples of the OpenAPI description. */
export const EXAMPLE = {
  tenant: 'tenant-a',
  image: '5f6c9ea0-3c5c-4a0e-9f0e-7ed3b7c6cf2a',
  job: '0d2f4be5-8a57-4a39-9c3c-5a2f8f0f6f11',
  share: '77ba6f4b-6365-4895-8dda-bc7142af4dde',
  task: '4e1c7b3f0a9d48c2b6e5d7f1a2c3b4d5',
} as const;
