/**
 * Keys that say what they are: the formats that their issuers publish or that secret scanners agree on
 * (https://github.com/gitleaks/gitleaks/blob/master/config/gitleaks.toml, https://docs.github.com/en/code-security/secret-scanning/introduction/supported-secret-scanning-patterns).
 * Where those disagree about a length, the shorter is taken: an issuer may lengthen its keys any day.
 */

/** Each begins with letters that hardly anything else begins with, and goes on with one run. */
export const keyFormats: readonly string[] = [
  // OpenAI (sk-, sk-proj-, sk-svcacct-, sk-admin-), Anthropic (sk-ant-), OpenRouter (sk-or-), Sluice (sk-sluice-): `isKey` looks closer.
  'sk-[A-Za-z0-9_-]{16,}',
  // Other sellers of models: Groq, xAI, Perplexity, Replicate, Hugging Face, NVIDIA, Cerebras, Fireworks, Together, LangSmith, Tavily, Jina.
  'gsk_[A-Za-z0-9]{40,}',
  'xai-[A-Za-z0-9]{60,}',
  'pplx-[A-Za-z0-9]{40,}',
  'r8_[A-Za-z0-9]{30,}',
  '(?:hf|api_org)_[A-Za-z0-9]{30,}',
  'nvapi-[A-Za-z0-9_-]{40,}',
  'csk-[a-z0-9]{40,}',
  'fw_[A-Za-z0-9]{20,}',
  'tgp_v1_[A-Za-z0-9_-]{30,}',
  'lsv2_(?:pt|sk)_[A-Za-z0-9_]{32,}',
  'tvly-[A-Za-z0-9-]{20,}',
  'jina_[A-Za-z0-9_-]{40,}',
  // AWS: ids of keys (the documentation's AKIAIOSFODNN7EXAMPLE, too: it cannot be told from one), and keys of Bedrock.
  // https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_identifiers.html#identifiers-unique-ids
  '(?:A3T[A-Z0-9]|AKIA|ASIA|ABIA|ACCA)[A-Z0-9]{16}(?![A-Za-z0-9])',
  'ABSK[A-Za-z0-9+/]{100,}={0,2}',
  'bedrock-api-key-[A-Za-z0-9+/=]{20,}',
  // https://github.blog/engineering/platform-security/behind-githubs-new-authentication-token-formats/
  'gh[pousr]_[A-Za-z0-9]{30,}',
  'github_pat_[A-Za-z0-9_]{22,}',
  // https://docs.gitlab.com/security/tokens/#token-prefixes
  'gl(?:pat|dt|rt|rtr|cbt|ptt|ft|imt|agent|oas|soat|ffct|wt)-[A-Za-z0-9_.-]{20,}',
  'GR1348941[A-Za-z0-9_-]{20,}',
  // https://api.slack.com/concepts/token-types
  'xox[abeoprs][a-z]?[-.][A-Za-z0-9.-]{10,}',
  'xapp-\\d-[A-Za-z0-9-]{10,}',
  // https://docs.stripe.com/keys: publishable keys (pk_) are no secret.
  '(?:sk|rk)_(?:live|test|prod)_[A-Za-z0-9]{10,}',
  'whsec_[A-Za-z0-9+/]{24,}={0,2}',
  // Google: API keys, OAuth tokens and client secrets.
  'AIza[A-Za-z0-9_-]{30,}',
  'ya29\\.[A-Za-z0-9_-]{20,}',
  'GOCSPX-[A-Za-z0-9_-]{24,}',
  // Azure: storage, service bus and shared signatures; secrets of applications are in `azureSecret`.
  '(?:AccountKey|SharedAccessKey)=[A-Za-z0-9+/]{40,}={0,2}',
  // Package registries.
  'npm_[A-Za-z0-9]{36}',
  'pypi-[A-Za-z0-9_-]{40,}',
  'rubygems_[a-f0-9]{48}',
  'dckr_(?:pat|oat)_[A-Za-z0-9_-]{20,}',
  'CLOJARS_[a-z0-9]{60}',
  // Mail and messages: SendGrid, Twilio, Mailgun, Mailchimp, Brevo, Resend, Telegram, Discord.
  'SG\\.[A-Za-z0-9_-]{16,32}\\.[A-Za-z0-9_-]{16,64}',
  'SK[0-9a-f]{32}(?![A-Za-z0-9])',
  'key-[0-9a-f]{32}(?![A-Za-z0-9])',
  '[0-9a-f]{32}-us\\d{1,2}(?![A-Za-z0-9])',
  'xkeysib-[a-f0-9]{64}-[A-Za-z0-9]{16}',
  're_[A-Za-z0-9]{8}_[A-Za-z0-9]{20,}',
  '(?:bot)?\\d{8,10}:AA[A-Za-z0-9_-]{33}',
  '[MNO][A-Za-z0-9_-]{23,27}\\.[A-Za-z0-9_-]{6}\\.[A-Za-z0-9_-]{27,38}',
  // Commerce: Shopify, Square, Razorpay, PayPal's Braintree.
  'shp(?:at|ca|pa|ss)_[A-Fa-f0-9]{32}',
  'sq0(?:atp|csp|idp)-[A-Za-z0-9_-]{22,}',
  'access_token\\$(?:production|sandbox)\\$[0-9a-z]{16}\\$[0-9a-f]{32}',
  // Clouds and tools: DigitalOcean, Databricks, HashiCorp, Terraform, Linear, Notion, Postman, Doppler, Pulumi, New Relic, Grafana,
  // Sentry, Supabase, PlanetScale, Atlassian, Alibaba, Figma, Airtable, Netlify, Tailscale, CircleCI, Cloudflare, Artifactory, 1Password, age.
  'do[opr]_v1_[a-f0-9]{64}',
  'dapi[a-f0-9]{32}',
  'hv[sbr]\\.[A-Za-z0-9_-]{24,}',
  '[A-Za-z0-9]{14}\\.atlasv1\\.[A-Za-z0-9_=-]{60,70}',
  'lin_api_[A-Za-z0-9]{32,}',
  'ntn_[A-Za-z0-9]{40,}',
  'PMAK-[a-f0-9]{24}-[a-f0-9]{34}',
  'dp\\.(?:pt|st|ct|sa)\\.[A-Za-z0-9_.-]{40,}',
  'pul-[a-f0-9]{40}',
  'NRAK-[A-Z0-9]{27}',
  'gl(?:sa|c)_[A-Za-z0-9+/=_]{32,}',
  'sntry[su]_[A-Za-z0-9+/=_]{40,}',
  'sbp_[a-f0-9]{40}',
  'pscale_(?:tkn|pw|oauth)_[A-Za-z0-9_=.-]{32,}',
  'ATATT3[A-Za-z0-9_=-]{60,}',
  'LTAI[A-Za-z0-9]{20}(?![A-Za-z0-9])',
  'figd_[A-Za-z0-9_-]{38,}',
  'pat[A-Za-z0-9]{14}\\.[a-f0-9]{64}',
  'nfp_[A-Za-z0-9]{36,}',
  'tskey-[a-z]{3,10}-[A-Za-z0-9-]{20,}',
  'CCIPAT_[A-Za-z0-9_]{40,}',
  'v1\\.0-[a-f0-9]{24}-[a-f0-9]{146}',
  'AKCp[A-Za-z0-9]{60,}',
  'ops_eyJ[A-Za-z0-9+/]{200,}={0,2}',
  'A3-[A-Z0-9]{6}-[A-Z0-9]{6,11}-(?:[A-Z0-9]{5}-){2,3}[A-Z0-9]{5}',
  'AGE-SECRET-KEY-1[A-Z0-9]{58}',
  // Facebook
  'EAA[A-Za-z0-9]{80,}',
];

/** Not in the middle of a longer word. */
export const knownKeys = new RegExp(`(?<![A-Za-z0-9])(?:${keyFormats.join('|')})`, 'g');

/** JSON web tokens, signed or sealed, whole or cut in the second part. https://www.rfc-editor.org/rfc/rfc7519 */
export const webTokens = /(?<![A-Za-z0-9_-])eyJ[A-Za-z0-9_-]{8,}(?:\.[A-Za-z0-9_-]+){1,4}\.?/g;

/** https://learn.microsoft.com/en-us/purview/sit-defn-client-secret-api-key */
export const azureSecrets = /(?<![A-Za-z0-9_~.-])[A-Za-z0-9_~.-]{3}\dQ~[A-Za-z0-9_~.-]{31,34}(?![A-Za-z0-9_~-])/g;

/** Addresses to which anyone may post who knows them, and signatures within addresses. */
export const secretAddresses =
  /hooks\.slack\.com\/(?:services|workflows|triggers)\/([A-Za-z0-9+/_-]{20,})|discord(?:app)?\.com\/api\/webhooks\/(\d{16,20}\/[A-Za-z0-9_-]{40,})|[?&](?:sig|X-Amz-Signature)=([A-Za-z0-9%+/_-]{32,})/g;
