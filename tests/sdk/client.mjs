// One call of the OpenAI JS SDK, as a program makes it: key and address come from the environment.
import OpenAI, { APIError } from 'openai';

const echo = 'commissioned-echo-1';
const embed = 'commissioned-embed-1';
const messages = [{ role: 'user', content: 'hello from the SDK' }];
const said = (text) => text.split('You said: ')[1];

const calls = {
  async models(client) {
    return (await client.models.list()).data.map((model) => model.id).join(' ');
  },
  async chat(client) {
    const answer = await client.chat.completions.create({ model: echo, messages });
    return said(answer.choices[0].message.content);
  },
  async stream(client) {
    let text = '', events = 0;
    for await (const event of await client.chat.completions.create({ model: echo, messages, stream: true })) {
      text += event.choices[0]?.delta?.content ?? '';
      events++;
    }
    return events > 5 ? said(text) : `only ${events} events`;
  },
  // The SDK asks for base64 unless told otherwise: both must be the same vector.
  async embedding(client) {
    const ask = async (options) =>
      (await client.embeddings.create({ model: embed, input: 'hello', ...options })).data[0].embedding;
    const [a, b] = [await ask({}), await ask({ encoding_format: 'float' })];
    const same = a.length === b.length && a.every((x, i) => Math.abs(x - b[i]) < 1e-6);
    const norm = Math.sqrt(a.reduce((sum, x) => sum + x * x, 0));
    return `${a.length} numbers, norm ${norm.toFixed(3)}, ${same ? 'same' : 'not the same'} in both encodings`;
  },
  // After the requests, until standard input ends: somebody looks into this process meanwhile.
  async hold(client) {
    for (const call of [calls.models, calls.chat, calls.stream]) await call(client);
    console.log('holding');
    await new Promise((done) => process.stdin.resume().on('end', done));
    return 'released';
  },
};

const client = new OpenAI({ maxRetries: 0 });
try {
  console.log(await calls[process.argv[2]](client));
} catch (error) {
  if (!(error instanceof APIError) || error.status === undefined) throw error;
  console.log(`${error.constructor.name} ${error.status} ${error.code}`);
}
