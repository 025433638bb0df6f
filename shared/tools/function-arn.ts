/** The functions that tools can be, by their ARNs. */

/** In this account or another that lets it; with a version or an alias, if one is named. */
export const functionArnPattern =
  /^arn:aws[a-z-]{0,12}:lambda:(?<region>[a-z0-9-]{1,32}):\d{12}:function:[A-Za-z0-9_-]{1,64}(?::(?:\$LATEST|[A-Za-z0-9_-]{1,128}))?$/;

export const regionOf = (arn: string): string => functionArnPattern.exec(arn)?.groups?.['region'] ?? '';

/** An account and a region that AWS does not have: one machine calls what is behind it in its own process. */
const localPattern = /^arn:aws:lambda:local:000000000000:function:(?<name>[a-z0-9][a-z0-9-]{0,63})$/;

export const localFunctionArn = (name: string): string => `arn:aws:lambda:local:000000000000:function:${name}`;

export const localFunctionName = (arn: string): string | undefined => localPattern.exec(arn)?.groups?.['name'];
