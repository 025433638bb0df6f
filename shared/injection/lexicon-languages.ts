/** The same of other languages, by what an override or a request for the prompt is made of. Words are folded as the text is: no accents, look-alikes as Latin. */
export const otherLanguages: Readonly<Record<string, string>> = {
  OVERRIDE_:
    // German
    'ignorier* ignoriere vergiss vergesst vergessen missacht* missachte verwerf* verwirf uberschreib* uberspring* umgeh* ' +
    // French
    'ignorez ignore ignorer oublie oubliez oublier negligez neglige contourne* desobeis ' +
    // Spanish, Portuguese, Italian
    'ignora ignorar ignoren olvida olvide olviden olvidar olvidate omite omita descarta esquece esqueca esquecer ignorem desconsidere desconsidera dimentica dimenticare dimenticate ignorare ignorate tralascia scorda ' +
    // Dutch, Polish, Croatian, Czech, Romanian, Swedish, Danish
    'negeer negeren vergeet vergeten zignoruj ignoruj zignorowac zapomnij pomin zaboravi zaboravite ignoriraj zapomen zapomente ignoruj* uita ignora ignorati ignorera glom glem ignorer ' +
    // Russian, Ukrainian
    'игнорир* проигнорир* забудь* забыть отмени* пренебре* игнору* проігнору* не-обращай ' +
    // Turkish, Indonesian, Vietnamese
    'yoksay* gormezden unut* abaikan lupakan mengabaikan bo-qua quen ' +
    // Arabic, Hindi, Hebrew, Persian
    'تجاهل* انس* انسي نسيان अनदेखा भूल नजरअंदाज अनदेखी התעלם* תתעלם* שכח* نادیده فراموش ' +
    // Chinese, Japanese, Korean
    '忽略 无视 無視 忘记 忘記 忘掉 不要理会 忘れて 忘れろ 忘れる 无需理会 抛开 무시* 잊어* 잊고 무시하고',
  PRIOR_:
    'vorherig* bisherig* vorangegangen* obig* obenstehend* fruher* alle alles ganze samtlich* ursprunglich* bisher vorher ' +
    'precedent* precedent anterieur* ci-dessus toutes tous tout initiales avant dessus ' +
    'anterior* previas previos previa todas todos toda todo tudo arriba acima prévi* antes precedenti precedente tutte tutti tutto quanto sopra prima ' +
    'vorige voorgaande eerdere alle bovenstaande poprzedni* wszystki* wczesniejsz* powyzsz* sve svi sva prethodn* vsechn* predchoz* anterioare toate tidigare alla foregaaende tidligere ' +
    'предыдущ* прежн* все всех всё ранее вышеуказан* попередн* усі всі ' +
    'onceki tum butun yukaridaki sebelumnya semua truoc tat-ca ' +
    'السابق* جميع كل اعلاه पिछल* सभी सब पूर्व पहले קודמות הקודמ* כל قبلی تمام ' +
    '之前 以前 以上 上面 前面 先前 所有 上述 全部 一切 前の 上記 すべて 全て これまで 今まで 이전 모든 위의 앞의 지금까지 기존',
  INSTR_:
    'anweisung* instruktion* befehl* aufgab* auftrag* vorgab* regel* richtlini* anordnung* informationen ' +
    'instruction* consigne* directive* regle* ordre* commande* ' +
    'instruccion* indicacion* orden ordenes regla* directric* instruco* instrucoes instrucao ordens regra* diretriz* comando* istruzion* regole direttiv* ordini indicazion* ' +
    'instructie* opdracht* regels aanwijzing* polece* instrukc* zasad* wytyczn* uputstv* pravila naredb* pokyn* instructiun* instruktion* regler ' +
    'инструкц* указани* правил* команд* директив* інструкц* вказівк* ' +
    'talimat* komut* kural* yonerge* instruksi perintah aturan huong-dan ' +
    'تعليمات التعليمات اوامر الاوامر القواعد निर्देश* आदेश* नियम* הוראות ההוראות* دستور* ' +
    '指令 指示 说明 說明 提示 规则 規則 命令 设定 設定 ルール プロンプト 要求 內容 内容 지시* 명령* 규칙* 지침* 프롬프트*',
  SAID_:
    'gesagt besprochen geschrieben angaben informationen dit dijeron dijo contaron digo dije dicho disse detto powiedzial* сказал* 说过 말한 gelernt avant antes oben davor sabes weist',
  PROMPT_:
    'prompt* systemprompt* systemanweisung* systemnachricht* eingabeaufforderung* prompttext* systemtext* consigne* promt* промпт* 提示词 提示詞 系统提示 系統提示 プロンプト 프롬프트* istemi* تعليمات निर्देश*',
  LEAK_:
    'zeig* zeige gib nenn* nenne verrat* druck* drucken wiederhol* schreib* ausgib offenbar* teile montre* affiche* donne* revele* repete* repetez muestra* mostra* dime revela* imprime* repite* repita mostre diga exiba rivela* stampa* ripeti* toon geef herhaal onthul pokaz* ujawnij wypisz powtorz покаж* раскр* выведи повтори напиши скажи goster* yazdir* soyle acikla اظهر اكشف اعرض दिखा* बता* 显示 顯示 告诉 告訴 输出 輸出 重复 打印 泄露 教えて 表示 出力 보여* 알려* 출력* 말해*',
  YOUR_:
    'dein* deine ihr ihre eure tes ton vos votre tus tu su sus seu seus suas tuoi tue tuo jouw je uw twoje twoj swoje tvoi твои твой свои ваш* 你的 您的 あなたの 너의 당신의 네 your आपके अपने',
  NOW_: 'jetzt nun ab maintenant desormais ahora agora adesso ora nu teraz od теперь отныне сейчас artik simdi الان अब 现在 從現在 从现在 今から これから 이제 지금부터',
  BE_: 'bist du sind sie es tu etes vous eres usted voce e sei jestes ты вы sen sensin انت आप तुम 你是 你将 你现在 你現在 你现在是 你現在是 你将是 従って あなたは 당신은 너는',
  UNBOUND_:
    'uneingeschrankt* unzensiert* sans-filtre restricciones limitaciones restricoes limites restrizioni filtri beschrankung* einschrankung* filter limites beperkingen ogranicze* ограничен* цензур* kisitlama* قيود 限制 制限 제한 제약',
  WITHOUT_:
    'ohne keine sans aucune sin ninguna sem nenhuma senza zonder bez без olmadan بدون बिना 没有 沒有 不受 无 なし 없는 없이 ningun keinerlei',
  NEWTASK_:
    'aufgabe* auftrag* tache mision tarea tarefa missao compito incarico opdracht taak zadani* задач* gorev* مهمة 任务 任務 タスク 작업 임무 herausforderung*',
  NEW_: 'neue neuen neues neu nouvelle nouveau nueva nuevo nova novo nuova nuovo nieuwe nowe nowy nova новая новые новый yeni جديدة नया नई 新的 新しい 새로운 새',
  PRETEND_:
    'actua actue comporta* finge agiere handle verhalte spiel agis agissez comporte agisci fingi doe zachowuj udawaj действуй веди притворись представь davran 扮演 假装 假裝 充当 ふりをして 演じて 振る舞って 역할 연기 تصرف अभिनय',
  SYSTEM_: 'system systeme sistema sistem systemowy systemowe системн* システム 系统 系統 시스템* النظام सिस्टम',
  EVERYTHING_: 'alles todo tout tutto sve wszystko всё все tudo allt alt herseyi 一切 所有 全部 모든 모두 すべて 全て',
};
