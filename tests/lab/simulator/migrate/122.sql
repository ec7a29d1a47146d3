-- Copyright (c) 2026 coder.classic contributors
-- SPDX-License-Identifier: GPL-3.0-or-later
-- What 1.22 changes, invented: environments are workspaces, and Networking v2 is no option any more.
DROP VIEW environments_by_pool;
ALTER TABLE environments RENAME TO workspaces;
ALTER TABLE environment_stats RENAME TO workspace_stats;
ALTER TABLE workspace_stats RENAME COLUMN environment_id TO workspace_id;

-- half way

ALTER TABLE resource_pools DROP COLUMN enable_net_v2;
ALTER TABLE workspaces ADD COLUMN satellite_id text REFERENCES satellites (id);
CREATE INDEX metric_events_name ON metric_events (name, time);
CREATE VIEW workspaces_by_pool AS
SELECT p.name, count(w.id) AS workspaces FROM resource_pools p LEFT JOIN workspaces w ON w.resource_pool_id = p.id GROUP BY p.name;
UPDATE audit_logs SET resource_type = 'workspace' WHERE resource_type = 'environment';
