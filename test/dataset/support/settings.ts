// Import settings with the defaults of the schema, as the service hands them on.
import * as v from 'valibot';
import { type ImportRequest, type ImportSettings, importSettingsSchema } from '../../../src-main/contract/settings.ts';

export const withDefaults = (request: ImportRequest): ImportSettings => v.parse(importSettingsSchema, request);
