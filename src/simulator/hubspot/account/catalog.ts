import { defineProperty, type PropertyDefinition, type PropertyTraits } from './propertyDefinition';

/** An object type that every portal has. */
export interface BuiltInType {
  typeId: string;
  name: string;
  singular: string;
  createdName: string;
  modifiedName: string;
  defaultProperties: string[];
  properties: PropertyDefinition[];
}

/** HubSpot's default stages of life in their order; a record only moves forward (facts 6). */
export const lifecycleStages = [
  'subscriber',
  'lead',
  'marketingqualifiedlead',
  'salesqualifiedlead',
  'opportunity',
  'customer',
  'evangelist',
  'other',
] as const;

type Row = [name: string, traits?: PropertyTraits];

const texts = (...names: string[]): Row[] => names.map((name) => [name]);
const readOnly = (...names: string[]): Row[] => names.map((name) => [name, { readOnly: true }]);
const owner: Row = ['hubspot_owner_id', { type: 'enumeration', owner: true }];
const lifecycle: Row = [
  'lifecyclestage',
  { type: 'enumeration', fieldType: 'radio', options: lifecycleStages },
];
const leadStatus: Row = [
  'hs_lead_status',
  {
    type: 'enumeration',
    fieldType: 'radio',
    options: [
      'NEW',
      'OPEN',
      'IN_PROGRESS',
      'OPEN_DEAL',
      'UNQUALIFIED',
      'ATTEMPTED_TO_CONTACT',
      'CONNECTED',
      'BAD_TIMING',
    ],
  },
];

/** Properties that every object type has. */
export function systemProperties(createdName: string, modifiedName: string): PropertyDefinition[] {
  const rows: Row[] = [
    ['hs_object_id', { type: 'number', readOnly: true, unique: true }],
    ...readOnly('hs_object_source', 'hs_object_source_label', 'hs_object_source_id'),
    ['hs_merged_object_ids', { type: 'enumeration', fieldType: 'checkbox', readOnly: true }],
    [createdName, { type: 'datetime', readOnly: true }],
    [modifiedName, { type: 'datetime', readOnly: true }],
  ];
  return rows.map(([name, traits]) => defineProperty(name, traits));
}

const contactRows: Row[] = [
  ...texts('email', 'firstname', 'lastname', 'salutation', 'jobtitle', 'company', 'website'),
  ...texts(
    'address',
    'city',
    'state',
    'zip',
    'country',
    'date_of_birth',
    'gender',
    'industry',
    'annualrevenue',
    'fax',
  ),
  ['phone', { fieldType: 'phonenumber' }],
  ['mobilephone', { fieldType: 'phonenumber' }],
  ['message', { fieldType: 'textarea' }],
  [
    'hs_language',
    { type: 'enumeration', options: ['en', 'en-gb', 'de', 'fr', 'es', 'it', 'ja', 'zh-cn', 'pt-br', 'ar'] },
  ],
  lifecycle,
  leadStatus,
  owner,
  ['hs_additional_emails', { type: 'enumeration', fieldType: 'checkbox', calculated: true }],
  ['hs_email_domain', { calculated: true }],
  ['hs_email_optout', { type: 'bool', readOnly: true }],
];

const companyRows: Row[] = [
  ...texts(
    'name',
    'domain',
    'website',
    'phone',
    'address',
    'address2',
    'city',
    'state',
    'zip',
    'country',
    'founded_year',
  ),
  ...texts('timezone', 'linkedin_company_page'),
  ['description', { fieldType: 'textarea' }],
  ['numberofemployees', { type: 'number' }],
  ['annualrevenue', { type: 'number' }],
  ['is_public', { type: 'bool' }],
  ['type', { type: 'enumeration', options: ['PROSPECT', 'PARTNER', 'RESELLER', 'VENDOR', 'OTHER'] }],
  [
    'industry',
    {
      type: 'enumeration',
      options: [
        'ACCOUNTING',
        'BANKING',
        'COMPUTER_SOFTWARE',
        'CONSTRUCTION',
        'EDUCATION_MANAGEMENT',
        'E_LEARNING',
        'FINANCIAL_SERVICES',
        'HIGHER_EDUCATION',
        'HOSPITAL_HEALTH_CARE',
        'INTERNET',
        'MANUFACTURING',
        'PRIMARY_SECONDARY_EDUCATION',
        'RETAIL',
        'TELECOMMUNICATIONS',
      ],
    },
  ],
  ['hs_additional_domains', { type: 'enumeration', fieldType: 'checkbox' }],
  lifecycle,
  leadStatus,
  owner,
  ['num_associated_contacts', { type: 'number', calculated: true }],
];

const dealRows: Row[] = [
  ...texts('dealname', 'closed_lost_reason', 'closed_won_reason'),
  ['description', { fieldType: 'textarea' }],
  ['amount', { type: 'number' }],
  ['closedate', { type: 'datetime' }],
  ['pipeline', { type: 'enumeration' }],
  ['dealstage', { type: 'enumeration', fieldType: 'radio' }],
  ['dealtype', { type: 'enumeration', options: ['newbusiness', 'existingbusiness'] }],
  ['hs_priority', { type: 'enumeration', options: ['low', 'medium', 'high'] }],
  [
    'deal_currency_code',
    { type: 'enumeration', options: ['GBP', 'EUR', 'USD', 'JPY', 'CHF', 'AUD', 'INR', 'CNY', 'BRL'] },
  ],
  // Deals may be dated back (facts 6: "createdate can be edited on some objects").
  ['createdate', { type: 'datetime' }],
  owner,
  ['num_associated_contacts', { type: 'number', calculated: true }],
];

const ticketRows: Row[] = [
  ...texts('subject'),
  ['content', { fieldType: 'textarea' }],
  ['hs_pipeline', { type: 'enumeration' }],
  ['hs_pipeline_stage', { type: 'enumeration', fieldType: 'radio' }],
  ['hs_ticket_priority', { type: 'enumeration', options: ['LOW', 'MEDIUM', 'HIGH', 'URGENT'] }],
  owner,
];

function builtIn(
  typeId: string,
  name: string,
  singular: string,
  [createdName, modifiedName]: [string, string],
  defaults: string[],
  rows: Row[],
): BuiltInType {
  const own = rows.map(([property, traits]) => defineProperty(property, traits));
  const taken = new Set(own.map((property) => property.name));
  const system = systemProperties(createdName, modifiedName).filter((property) => !taken.has(property.name));
  return {
    typeId,
    name,
    singular,
    createdName,
    modifiedName,
    defaultProperties: defaults,
    properties: [...own, ...system],
  };
}

/** The object types of a fresh portal, with HubSpot's own properties (a useful part of them). */
export function builtInTypes(): BuiltInType[] {
  const plain: [string, string] = ['createdate', 'hs_lastmodifieddate'];
  return [
    builtIn(
      '0-1',
      'contacts',
      'contact',
      ['createdate', 'lastmodifieddate'],
      ['email', 'firstname', 'lastname'],
      contactRows,
    ),
    builtIn('0-2', 'companies', 'company', plain, ['name', 'domain'], companyRows),
    builtIn(
      '0-3',
      'deals',
      'deal',
      plain,
      ['dealname', 'amount', 'closedate', 'pipeline', 'dealstage'],
      dealRows,
    ),
    builtIn(
      '0-5',
      'tickets',
      'ticket',
      plain,
      ['subject', 'content', 'hs_pipeline', 'hs_pipeline_stage', 'hs_ticket_priority'],
      ticketRows,
    ),
  ];
}
