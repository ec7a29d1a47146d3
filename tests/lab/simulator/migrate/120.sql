-- Copyright (c) 2026 coder.classic contributors
-- SPDX-License-Identifier: GPL-3.0-or-later
-- The schema of 1.20 and the rows of a site that has been in use. Invented: only the names of some tables are the product's.
CREATE TYPE login_type AS ENUM ('built-in', 'saml', 'oidc');

CREATE TABLE users (
    id text PRIMARY KEY,
    email text NOT NULL UNIQUE,
    username text NOT NULL UNIQUE,
    name text NOT NULL,
    login login_type NOT NULL DEFAULT 'built-in',
    roles text[] NOT NULL DEFAULT '{}',
    hashed_password bytea,
    dotfiles_git_uri text NOT NULL DEFAULT '',
    created_at timestamptz NOT NULL
);

CREATE TABLE organizations (
    id text PRIMARY KEY,
    name text NOT NULL UNIQUE,
    description text NOT NULL DEFAULT '',
    is_default boolean NOT NULL DEFAULT false
);

CREATE TABLE organization_members (
    organization_id text NOT NULL REFERENCES organizations (id) ON DELETE CASCADE,
    user_id text NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    roles text[] NOT NULL DEFAULT '{}',
    PRIMARY KEY (organization_id, user_id)
);

CREATE TABLE resource_pools (
    id text PRIMARY KEY,
    name text NOT NULL UNIQUE,
    cluster_address text NOT NULL,
    default_namespace text NOT NULL,
    service_account_token bytea,
    ssh_enabled boolean NOT NULL DEFAULT true,
    cordoned boolean NOT NULL DEFAULT false
);

CREATE TABLE images (
    id text PRIMARY KEY,
    organization_id text NOT NULL REFERENCES organizations (id),
    repository text NOT NULL,
    description text NOT NULL DEFAULT '',
    UNIQUE (organization_id, repository)
);

CREATE TABLE image_tags (
    image_id text NOT NULL REFERENCES images (id) ON DELETE CASCADE,
    tag text NOT NULL,
    os text,
    PRIMARY KEY (image_id, tag)
);

CREATE TABLE environments (
    id text PRIMARY KEY,
    user_id text NOT NULL REFERENCES users (id),
    organization_id text NOT NULL REFERENCES organizations (id),
    resource_pool_id text NOT NULL REFERENCES resource_pools (id),
    image_id text NOT NULL,
    image_tag text NOT NULL,
    name text NOT NULL,
    cpu_cores numeric(6, 2) NOT NULL,
    memory_gb numeric(6, 2) NOT NULL,
    disk_gb integer NOT NULL,
    last_opened_at timestamptz,
    UNIQUE (user_id, name),
    FOREIGN KEY (image_id, image_tag) REFERENCES image_tags (image_id, tag)
);

CREATE TABLE environment_stats (
    id bigserial PRIMARY KEY,
    environment_id text NOT NULL REFERENCES environments (id) ON DELETE CASCADE,
    time timestamptz NOT NULL,
    cpu_usage double precision NOT NULL,
    memory_usage double precision NOT NULL
);

-- half way

CREATE TABLE audit_logs (
    id bigserial PRIMARY KEY,
    time timestamptz NOT NULL,
    user_id text NOT NULL REFERENCES users (id),
    action text NOT NULL,
    resource_type text NOT NULL,
    resource_id text NOT NULL,
    diff jsonb NOT NULL DEFAULT '{}'
);
CREATE INDEX audit_logs_time ON audit_logs (time DESC);

CREATE TABLE metric_events (
    id bigserial PRIMARY KEY,
    time timestamptz NOT NULL DEFAULT now(),
    name text NOT NULL,
    value double precision NOT NULL,
    labels jsonb NOT NULL DEFAULT '{}'
);

CREATE TABLE site_configs (
    section text PRIMARY KEY,
    value jsonb NOT NULL
);

CREATE VIEW environments_by_pool AS
SELECT p.name, count(e.id) AS environments FROM resource_pools p LEFT JOIN environments e ON e.resource_pool_id = p.id GROUP BY p.name;

CREATE FUNCTION note_environment() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO public.metric_events (name, value) VALUES ('environment', 1);
    RETURN NEW;
END
$$;
CREATE TRIGGER environments_noted AFTER INSERT ON environments FOR EACH ROW EXECUTE FUNCTION note_environment();

INSERT INTO organizations SELECT 'org-' || n, (ARRAY['default', 'data science', 'Öffentliche Werke'])[n], '', n = 1 FROM generate_series(1, 3) n;
INSERT INTO users
SELECT 'user-' || n, 'user' || n || '@lab.invalid', 'user' || n, 'User ' || n || E' "the\\last"\n\t€ 日本', 'built-in',
    CASE WHEN n = 1 THEN '{site-manager}'::text[] ELSE '{site-member}' END, decode(md5('password' || n), 'hex'),
    CASE WHEN n % 3 = 0 THEN 'git@example.com:user' || n || '/dotfiles.git' ELSE '' END,
    timestamptz '2021-01-01 00:00:00Z' + n * interval '7 hours'
FROM generate_series(1, 40) n;
INSERT INTO organization_members (organization_id, user_id) SELECT 'org-' || (1 + n % 3), 'user-' || n FROM generate_series(1, 40) n;
INSERT INTO resource_pools
SELECT 'pool-' || n, 'region-' || n, 'https://10.0.' || n || '.1:6443', 'coder', decode(md5('token' || n), 'hex')
FROM generate_series(1, 3) n;
INSERT INTO images SELECT 'image-' || n, 'org-' || (1 + n % 3), 'registry.example.com/codercom/enterprise-' || n FROM generate_series(1, 12) n;
INSERT INTO image_tags SELECT 'image-' || n, tag, 'linux' FROM generate_series(1, 12) n, unnest('{ubuntu,centos,latest}'::text[]) tag;
INSERT INTO environments
SELECT 'environment-' || n, 'user-' || (1 + n % 40), 'org-' || (1 + n % 3), 'pool-' || (1 + n % 3), 'image-' || (1 + n % 12), 'ubuntu',
    'dev-' || n, 2 + n % 4, 4.5, 32, timestamptz '2021-09-01 00:00:00Z' + n * interval '13 minutes'
FROM generate_series(1, 60) n;
INSERT INTO environment_stats (environment_id, time, cpu_usage, memory_usage)
SELECT 'environment-' || (1 + n % 60), timestamptz '2021-09-01 00:00:00Z' + n * interval '1 minute', n / 7.0, n / 3.0 FROM generate_series(1, 300) n;
INSERT INTO audit_logs (time, user_id, action, resource_type, resource_id, diff)
SELECT timestamptz '2021-09-01 00:00:00Z' + n * interval '5 minutes', 'user-' || (1 + n % 40), (ARRAY['create', 'write', 'delete'])[1 + n % 3],
    'environment', 'environment-' || n, jsonb_build_object('name', jsonb_build_object('old', null, 'new', 'dev-' || n))
FROM generate_series(1, 300) n;
INSERT INTO site_configs VALUES ('devurls', '{"host": "*.coder.example.com"}'), ('ssh', '{"enable_ssh": true}');
