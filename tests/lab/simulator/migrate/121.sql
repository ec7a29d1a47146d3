-- Copyright (c) 2026 coder.classic contributors
-- SPDX-License-Identifier: GPL-3.0-or-later
-- What 1.21 changes, invented: after it code of 1.20 finds neither environments.last_opened_at nor users.dotfiles_git_uri.
CREATE TABLE satellites (
    id text PRIMARY KEY,
    name text NOT NULL UNIQUE,
    access_url text NOT NULL,
    public_key text NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now()
);
ALTER TABLE resource_pools ADD COLUMN enable_net_v2 boolean NOT NULL DEFAULT false;
ALTER TABLE environments RENAME COLUMN last_opened_at TO last_connection_at;

-- half way

CREATE TABLE user_settings (
    user_id text NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    name text NOT NULL,
    value text NOT NULL,
    PRIMARY KEY (user_id, name)
);
INSERT INTO user_settings SELECT id, 'dotfiles_git_uri', dotfiles_git_uri FROM users WHERE dotfiles_git_uri <> '';
ALTER TABLE users DROP COLUMN dotfiles_git_uri;
ALTER TABLE image_tags ALTER COLUMN os SET NOT NULL;
