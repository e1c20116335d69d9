import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';

interface Service {
  image?: string;
  build?: string;
  command?: string[];
  container_name?: string;
  depends_on?: Record<string, { condition: string }>;
  environment?: Record<string, string>;
  healthcheck?: { test: unknown[] };
  ports?: string[];
  profiles?: string[];
  restart?: string;
  volumes?: string[];
}

const root = join(__dirname, '../..');
const read = (name: string): string => readFileSync(join(root, name), 'utf8');
const compose = parse(read('docker-compose.yml'), { merge: true }) as {
  services: Record<string, Service>;
  volumes: Record<string, unknown>;
};
const services = Object.entries(compose.services);
const conditionsOf = (name: string): string[] =>
  services.flatMap(([, { depends_on = {} }]) => depends_on[name]?.condition ?? []);
/** A service that runs once and ends: others wait for its success, it has no health. */
const runsOnce = (name: string): boolean => conditionsOf(name).includes('service_completed_successfully');

describe('docker-compose.yml', () => {
  it('has the parts of the river', () => {
    const names = ['postgres', 'temporal', 'temporal-ui', 'worker', 'api', 'simulator'];
    expect(Object.keys(compose.services)).toEqual(expect.arrayContaining(names));
  });

  it.each(services.filter(([name]) => !runsOnce(name)))(
    'gives %s a health check',
    (_name, { healthcheck }) => {
      expect(healthcheck?.test[0]).toMatch(/^CMD/);
      // A colon in an unquoted list entry silently becomes a mapping.
      for (const word of healthcheck?.test ?? []) expect(typeof word).toBe('string');
    },
  );

  it('waits for services in the way that they can be waited for', () => {
    for (const [name, { depends_on = {} }] of services) {
      for (const [other, { condition }] of Object.entries(depends_on)) {
        expect([name, compose.services[other]]).not.toContain(undefined);
        expect([name, other, condition]).toEqual([
          name,
          other,
          runsOnce(other) ? 'service_completed_successfully' : 'service_healthy',
        ]);
      }
    }
  });

  it('publishes ports on loopback only', () => {
    const published = services.flatMap(([, { ports = [] }]) => ports);
    expect(published.length).toBeGreaterThan(0);
    for (const port of published) expect(port).toMatch(/^127\.0\.0\.1:/);
    expect(compose.services['postgres']?.ports).toBeUndefined();
  });

  it('holds no secret: each comes from the environment', () => {
    const isSecret = (name: string): boolean => /PASSWORD|PWD|TOKEN|_KEY$|SECRET|DATABASE_URL/.test(name);
    const secrets = services.flatMap(([, { environment = {} }]) =>
      Object.entries(environment).filter(([name]) => isSecret(name)),
    );
    expect(secrets.length).toBeGreaterThan(5);
    for (const [name, value] of secrets) {
      expect([name, value.replace(/\$\{[A-Z_]+(?::-|:\?[^}]*)?\}/, 'FROM_ENVIRONMENT')]).toEqual([
        name,
        name === 'DATABASE_URL'
          ? 'postgres://tributary:FROM_ENVIRONMENT@postgres:5432/tributary'
          : 'FROM_ENVIRONMENT',
      ]);
    }
  });

  it('lets the worker scale', () => {
    const worker = compose.services['worker'];
    expect([worker?.container_name, worker?.ports]).toEqual([undefined, undefined]);
  });

  it('starts the simulator only for the demo, and nothing else waits for it', () => {
    expect(services.filter(([, { profiles }]) => profiles).map(([name]) => name)).toEqual(['simulator']);
    expect(compose.services['simulator']?.profiles).toEqual(['demo']);
    expect(conditionsOf('simulator')).toEqual([]);
  });

  it('pins every image, and runs our own parts from the one that the Dockerfile makes', () => {
    for (const [, { image, build }] of services) {
      expect(image).toMatch(/^[a-z/-]+:[\w.]+$/);
      expect(image).not.toMatch(/:latest$/);
      if (image === 'tributary:local') expect(build).toBe('.');
    }
    for (const part of ['worker', 'api', 'simulator']) {
      const command = compose.services[part]?.command?.slice(0, 2);
      expect(command).toEqual(['node', `dist/${part}/main.js`]);
      expect(compose.services[part]?.image).toBe('tributary:local');
    }
  });

  it('declares the volumes it uses, and .env.example every variable it reads', () => {
    const named = services
      .flatMap(([, { volumes = [] }]) => volumes.map((volume) => volume.split(':')[0] ?? ''))
      .filter((source) => !source.startsWith('.'));
    expect(Object.keys(compose.volumes).sort()).toEqual([...new Set(named)].sort());
    const used = [...read('docker-compose.yml').matchAll(/(?<!\$)\$\{([A-Z_]+)/g)].map(([, name]) => name);
    const explained = [...read('.env.example').matchAll(/^([A-Z_]+)=/gm)].map(([, name]) => name);
    expect([...new Set(used)].sort()).toEqual(explained.sort());
  });
});

describe('Dockerfile', () => {
  const lines = read('Dockerfile').split('\n');

  it('ends as an ordinary user in a glibc image with root certificates', () => {
    const last = lines.slice(lines.findLastIndex((line) => line.startsWith('FROM ')));
    expect(last[0]).toMatch(/bookworm-slim$/);
    expect(last.join('\n')).toContain('ca-certificates');
    expect(last.filter((line) => line.startsWith('USER '))).toEqual(['USER node']);
    expect(last.some((line) => line.startsWith('HEALTHCHECK'))).toBe(true);
  });

  it('copies only what exists and what .dockerignore lets through', () => {
    const copied = lines
      .filter((line) => line.startsWith('COPY ') && !line.includes('--from'))
      .flatMap((line) => line.split(' ').slice(1, -1));
    const letThrough =
      read('.dockerignore')
        .match(/^!.+$/gm)
        ?.map((line) => line.slice(1)) ?? [];
    expect(copied.length).toBeGreaterThan(5);
    for (const path of copied) {
      expect([path, existsSync(join(root, path))]).toEqual([path, true]);
      expect(letThrough).toContain(path);
    }
  });
});
