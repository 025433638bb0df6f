/** API Gateway's own answers in the shape that the SDKs read. */
import { ResponseType } from 'aws-cdk-lib/aws-apigateway';
import { Construct } from 'constructs';
import { type GatewayResponseType, gatewayAnswer, gatewayResponses } from '../gateway-responses.ts';
import type { Api } from './api.ts';

export class GatewayResponses extends Construct {
  constructor(scope: Construct, id: string, { restApi }: Api) {
    super(scope, id);
    for (const type of Object.keys(gatewayResponses) as GatewayResponseType[]) {
      const { status, headers, body } = gatewayAnswer(type);
      const { 'content-type': contentType = 'application/json', ...others } = headers;
      restApi.addGatewayResponse(type, {
        type: ResponseType.of(type),
        statusCode: String(status),
        // API Gateway takes what is quoted as it stands, and looks up what is not.
        responseHeaders: {
          ...Object.fromEntries(Object.entries(others).map(([name, value]) => [name, `'${value}'`])),
          'x-request-id': 'context.requestId',
        },
        templates: { [contentType]: ascii(body) },
      });
    }
  }
}

/** CloudFormation makes question marks of everything beyond ASCII; JSON can say the same within it. */
const ascii = (json: string): string =>
  json.replace(/[^\x20-\x7e]/g, (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`);
