/** What words mean to the rules: a concept, and the words that stand for it. `*` at the end stands for any ending. */
export const english: Readonly<Record<string, string>> = {
  OVERRIDE:
    'ignore ignoring ignor ingore igmre ignroe disregard disregarding disregrad forget forgetting overlook neglect override overriding overrule circumvent discarding dismiss abandon nullify revoke unlearn disobey',
  /** Done to tables, steps and caches all day. */
  WIPE: 'discard delete erase drop skip bypass bypassing overwrite remove clear',
  CANCELLED:
    'void revoked cancelled canceled invalid obsolete irrelevant superseded overridden replaced outdated null deprecated',
  PRIOR:
    'previous prior above preceding earlier former foregoing existing past original initial old before prev previously first predefined preset aforementioned system hidden',
  ALL: 'all any every everything each whatever these those your his its their anything the',
  INSTR:
    'instruction instructions intructions instrutions instuctions rule rules prompt prompts guideline guidelines direction directions directive directives command commands order orders task tasks assignment assignments constraint constraints restriction restrictions programming training safeguard safeguards instructs protocols protocol policies policy guardrails parameters',
  ORDERS:
    'instruction instructions intructions instrutions rule rules prompt prompts guideline guidelines directive directives orders programming assignments',
  TEXTS:
    'text texts message messages context conversation input inputs statement statements content contents words information documents document question questions sentence sentences paragraph request requests dialogue chat history data said told wrote asked mentioned',
  LEAK: 'reveal show print repeat output display tell give share leak dump write copy recite list disclose expose say echo reproduce provide summarize summarise describe spellcheck translate encode quote paste spell restate paraphrase showing revealing printing repeating displaying quote rewrite summary',
  ABOVE: 'above previous preceding prior earlier before so',
  SECRET: 'password secret passphrase passcode credentials credential passwords secrets codeword',
  USER: 'user users human humans anyone anybody customer owner operator reader recipient him her them someone',
  MACHINE:
    'ai assistant assistants llm llms chatbot chatbots bot bots gpt chatgpt gpt4 gpt3 agent agents copilot claude gemini bard bing model models chatgtp al ais siri alexa llama deepseek grok mistral',
  NOT: 'not dont never cannot cant wont didnt no without neither nor doesnt shouldnt mustnt stop refuse avoid',
  LIMIT:
    'restriction restrictions limit limits limitation limitations rule rules filter filters filtering guideline guidelines censorship censoring ethics ethic ethical moral morals morality policy policies constraint constraints boundary boundaries safeguard safeguards law laws confines confine barriers safety disclaimers regulations principles inhibitions guardrails shackles consequences programming restraint restraints',
  /** What a persona is said to have none of. In the plural: "no limit" and "no rule" are said of every program. */
  LIMITS:
    'restrictions limits limitations rules filters guidelines censorship censoring ethics ethic ethical moral morals morality policies constraints boundaries safeguards laws confines safety disclaimers inhibitions guardrails consequences programming restraints',
  FREE: 'free freed unbound unrestricted unbounded bypass bypasses bypassing ignores disregards break breaks breaking broken broke lacks lift lifted devoid unconstrained defy defies abandon unshackled liberated overcome circumvent violate',
  UNBOUND:
    'uncensored unfiltered unrestricted amoral immoral jailbroken jailbreaked unmoderated unhinged lawless unethical unchained',
  BAD: 'illegal unethical immoral harmful dangerous offensive inappropriate controversial vulgar profanity nsfw obscene violent hateful unlawful malicious sinister evil derogatory toxic swear swearing curse cursing sexual erotic racist sexist discriminatory criminal illicit',
  PERSONA:
    'dan antigpt evilbot stan dude aim basedgpt devmode maximum oppo chadgpt freegpt evilgpt darkgpt betterdan superdan mongo tom balakula kevin dude omega apophis niccolo machiavelli machiavellian ucar alphabreak',
  MODE: 'mode modus modo',
  MODENAME:
    'developer dev god sudo opposite jailbreak dan unrestricted evil chaos unlocked unfiltered uncensored privileged superuser',
  PRETEND:
    'pretend simulate act acting roleplay imagine immerse behave emulate impersonate become assume respond answer play simulating pretending portray embody adopt',
  CHARACTER: 'character persona role personality protagonist villain identity alter',
  FICTION:
    'fictional fictitious hypothetical hypothetically fiction novel novelist screenplay screenwriter imaginary story storyteller movie script author writer playwright scenario thought experiment parallel universe theoretical alternate film scene book play satirical satire simulation historian historical',
  EXCUSE:
    'fictional hypothetical educational research academic entertainment creative theoretical illustrative informational historical artistic literary satirical awareness study testing storytelling informative learning ethical training',
  PURPOSE: 'purpose purposes reasons use context only exercise intent sake',
  HARM: 'bomb bombs explosive explosives launder laundering blackmail counterfeit hack hacking hacker malware ransomware keylogger phishing poison murder kill killing suicide genocide holocaust racist racism sexist weapon weapons meth methamphetamine drug drugs cocaine stalk stalking torture embezzle bribe bribery forge forgery ddos cannibalism terrorist terrorism arson steal stealing theft fraud fraudulent scam scams hoax disinformation misinformation propaganda defamatory defame harass harassment bully bullying exploit vulnerability cybercriminal cybercrime smuggle traffick trafficking kidnap shooting anorexia pornography erotic fetish molotov grenade virus trojan extort extortion plagiarism insider bioweapon nuclear discriminate discrimination stereotypes xenophobic sabotage vandalize doxx dox unauthorized illegally crime criminal',
  CONVINCING:
    'convincing realistic detailed compelling plausible authentic vivid persuasive believable accurate graphic thorough explicit',
  COMPLY: 'obey comply complying obeys complies',
  MUST: 'must will shall should always have need going cannot can',
  REFUSAL:
    'refuse refuses refusing decline declines apologize apologise apologizing apologies sorry disclaimer disclaimers moralize lecture refusal refusals',
  INSERT:
    'add include insert append integrate incorporate inject weave slip embed mention blend fuse augment enhance modify supplement enrich interweave attach introduce merge meld sneak tuck suggest promote tease recommend plug advertise',
  REPLY: 'response reply answer output message responses replies answers summary elucidation',
  YOURWORK:
    'code codebase algorithm implementation solution program response reply answer elucidation logic architecture output',
  SNIPPET: 'snippet block excerpt section fragment piece',
  FOLLOWING: 'following subsequent below next ensuing',
  SCRAMBLE:
    'scramble jumble reverse encode encrypt encipher anagram misspell shift rearrange substitute backward backwards cipher base64 base32 base58 emojis emoji alphanumeric homophonic typos anagrams encrypted encoded reversed obfuscate',
  PITCH:
    'sentence line statement link teaser tip reminder appeal quote headline rumor rumour claim fact advertisement ad recommendation announcement statistic discount promotion offer offers promotes promoting url',
  RENDER: 'translate render provide express write give present convert transform deliver',
  LANGUAGE:
    'french spanish german italian portuguese russian chinese japanese korean dutch arabic hindi turkish polish latin swedish greek emojis emoji base64 base32 base16 base58 reverse',
  SENDOUT:
    'send sends sending post forward upload email transmit exfiltrate mail deliver submit leak fetch transfer copy append include share text',
  PRIVATE:
    'password passwords credentials credential secrets tokens token keys key conversation history chat emails contacts account files data information details addresses address documents cookies environment transcript',
  READING:
    'summarizing summarising processing reading analyzing analysing translating reviewing reviews summarize summarise process read parse parsing evaluating screening browsing seeing indexing crawling accessing',
  DOCUMENT: 'document page email message article website webpage resume this pdf invoice cv',
  DESCRIBER:
    'them it model models llm llms they who that which attacker attackers adversary adversaries hackers chatbot chatbots bot bots someone somebody employees users user people machine assistant systems he she we i could might may would can did students kids teenagers drivers readers customers',
  /** Before "to ignore", when somebody tells what others do. */
  TOLD: 'how used designed trying tries tried attempts attempt attempting order asked them it model models llm llms assistant assistants bot bots chatbot chatbots user users attacker attackers instructed tricked tricks meant wants want',
  NEGATED: 'not dont never nicht niet nie ne pas non no nao nunca jamais не nunca',
  META: 'injection injections jailbreaks jailbreaking attack attacks attacker attackers malicious adversarial detect detects detection detector classifier owasp vulnerability vulnerabilities mitigation mitigate defend defends defense defence defenses guardrail guardrails firewall thesis paper research researchers security policy dataset benchmark phrases phrase example examples payload payloads scanner sanitize red-team midjourney spam flagged flag mean means meaning sentence translate proofread glossary keyword keywords pattern patterns regex',
  PRAISE: 'well good great nice excellent perfect ok okay fine super thanks',
  NEWTASK:
    'task tasks assignment challenge job instruction instructions order orders mission objective goal directive directives prompt',
  REALWORLD: 'real actual actually harm harmful malicious illegal used',
  DOMAIN: 'com net org xyz info site io ru link example evil attacker http https www',
  /** Frequent words of English, German, French and Spanish as ROT13 leaves them. */
  ROTATED:
    'gur naq lbh lbhe ner nyy jvgu guvf gung sebz jung vtaber sbetrg cerivbhf vafgehpgvbaf flfgrz cebzcg abj abg jvyy unir erirny cnffjbeq ehyrf nf zl nal pna gb bs va haq qre qvr qnf fvr vpu vfg avpug iretvff vtabevrer vtabevrera nyyr nyyrf orsruyr navjrvfhatra nhstnor fpuervor fntr yrf gbhg gbhgrf bhoyvr pbafvtarf vafgehpgvbarf qr rf dhr bgen byivqn vtaben yn ry ybf',
};
