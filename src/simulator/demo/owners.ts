/** The portal's users: account managers in the warehouse are named by e-mail. */
export const demoOwners = [
  { id: '8001', email: 'amara.osei@tributary-demo.example', firstName: 'Amara', lastName: 'Osei' },
  { id: '8002', email: 'bastian.krol@tributary-demo.example', firstName: 'Bastian', lastName: 'Król' },
  { id: '8003', email: 'carmen.ruiz@tributary-demo.example', firstName: 'Carmen', lastName: 'Ruiz' },
  { id: '8004', email: 'daichi.mori@tributary-demo.example', firstName: 'Daichi', lastName: 'Mori' },
] as const;

/** An account manager who is no user of the portal. */
export const unknownOwnerEmail = 'left.long.ago@tributary-demo.example';

/** Labels as the warehouse writes them; HubSpot's own options, found whatever their case. */
export const industries = [
  { label: 'Banking', value: 'BANKING' },
  { label: 'Retail', value: 'RETAIL' },
  { label: 'Construction', value: 'CONSTRUCTION' },
  { label: 'Manufacturing', value: 'MANUFACTURING' },
  { label: 'Telecommunications', value: 'TELECOMMUNICATIONS' },
] as const;

export const salesPipeline = {
  id: 'demo_sales',
  label: 'Sales',
  stages: [
    { id: 'demo_appointment', label: 'Appointment scheduled', probability: '0.2' },
    { id: 'demo_contract', label: 'Contract sent', probability: '0.9' },
    { id: 'demo_won', label: 'Closed won', probability: '1.0' },
    { id: 'demo_lost', label: 'Closed lost', probability: '0.0' },
  ],
} as const;

/** HubSpot's stages of life in their order; a contact only moves forward (facts §6). */
export const lifecycleOrder = [
  'subscriber',
  'lead',
  'marketingqualifiedlead',
  'salesqualifiedlead',
  'opportunity',
  'customer',
  'evangelist',
  'other',
] as const;
