import type { PropertyType } from '../domain/record';
import type { IdentityRules } from '../domain/rules';

/**
 * What HubSpot's standard objects bring along: enough to check and to type a configuration before the portal
 * was read. The portal's own definitions always win (facts §6; HubSpot's lists of default properties).
 */
const everyObject: Record<string, PropertyType> = {
  hubspot_owner_id: 'enumeration',
  hs_object_id: 'number',
  hs_createdate: 'datetime',
  hs_lastmodifieddate: 'datetime',
  createdate: 'datetime',
};

const contacts: Record<string, PropertyType> = {
  ...strings(
    'email',
    'firstname',
    'lastname',
    'salutation',
    'phone',
    'mobilephone',
    'fax',
    'address',
    'city',
    'state',
    'zip',
    'country',
    'company',
    'jobtitle',
    'website',
    'industry',
    'work_email',
    'date_of_birth',
    'gender',
    'degree',
    'school',
    'field_of_study',
    'graduation_date',
    'start_date',
    'marital_status',
    'message',
    'twitterhandle',
    'job_function',
    'seniority',
    'hs_linkedin_url',
    'company_size',
  ),
  ...enumerations('lifecyclestage', 'hs_lead_status', 'hs_language', 'hs_persona', 'hs_legal_basis'),
  hs_additional_emails: 'multiEnumeration',
  lastmodifieddate: 'datetime',
  annualrevenue: 'string',
  numemployees: 'enumeration',
};

const companies: Record<string, PropertyType> = {
  ...strings(
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
    'description',
    'about_us',
    'timezone',
    'founded_year',
    'linkedin_company_page',
    'twitterhandle',
  ),
  ...enumerations('industry', 'lifecyclestage', 'hs_lead_status', 'type'),
  hs_additional_domains: 'multiEnumeration',
  annualrevenue: 'number',
  numberofemployees: 'number',
  is_public: 'bool',
};

const deals: Record<string, PropertyType> = {
  ...strings('dealname', 'description', 'closed_lost_reason', 'closed_won_reason', 'hs_next_step'),
  ...enumerations('pipeline', 'dealstage', 'dealtype', 'deal_currency_code', 'hs_priority'),
  amount: 'number',
  closedate: 'datetime',
};

const tickets: Record<string, PropertyType> = {
  ...strings('subject', 'content'),
  ...enumerations(
    'hs_pipeline',
    'hs_pipeline_stage',
    'hs_ticket_priority',
    'hs_ticket_category',
    'source_type',
  ),
};

const byObject: Record<string, Record<string, PropertyType>> = { contacts, companies, deals, tickets };

/** Out: the type of a property that every portal has, or undefined. Custom objects have only the common ones. */
export function standardPropertyType(hubspotType: string, property: string): PropertyType | undefined {
  return byObject[hubspotType]?.[property] ?? everyObject[property];
}

/** What HubSpot asks of a new record at least (facts §3.1); empty for custom objects. */
export const standardRequiredAny: Readonly<Record<string, readonly string[]>> = {
  contacts: ['email', 'firstname', 'lastname'],
  companies: ['name', 'domain'],
  deals: ['dealname'],
};

/** When two records are one, where the configuration does not say (DESIGN §4). */
export const standardIdentityRules: Readonly<Record<string, IdentityRules['rules']>> = {
  contacts: [
    { name: 'email', fields: ['email', 'hs_additional_emails'], fold: 'email' },
    {
      name: 'phone',
      fields: ['phone', 'mobilephone'],
      fold: 'phone',
      similar: { fields: ['firstname', 'lastname'], above: 0.9 },
    },
  ],
  companies: [{ name: 'domain', fields: ['domain', 'hs_additional_domains'], fold: 'domain' }],
};

function strings(...names: string[]): Record<string, PropertyType> {
  return Object.fromEntries(names.map((name) => [name, 'string' as const]));
}

function enumerations(...names: string[]): Record<string, PropertyType> {
  return Object.fromEntries(names.map((name) => [name, 'enumeration' as const]));
}
