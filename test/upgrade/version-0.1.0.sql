
/*!40101 SET @OLD_CHARACTER_SET_CLIENT=@@CHARACTER_SET_CLIENT */;
/*!40101 SET @OLD_CHARACTER_SET_RESULTS=@@CHARACTER_SET_RESULTS */;
/*!40101 SET @OLD_COLLATION_CONNECTION=@@COLLATION_CONNECTION */;
/*!40101 SET NAMES utf8mb4 */;
/*!40103 SET @OLD_TIME_ZONE=@@TIME_ZONE */;
/*!40103 SET TIME_ZONE='+00:00' */;
/*!40014 SET @OLD_UNIQUE_CHECKS=@@UNIQUE_CHECKS, UNIQUE_CHECKS=0 */;
/*!40014 SET @OLD_FOREIGN_KEY_CHECKS=@@FOREIGN_KEY_CHECKS, FOREIGN_KEY_CHECKS=0 */;
/*!40101 SET @OLD_SQL_MODE=@@SQL_MODE, SQL_MODE='NO_AUTO_VALUE_ON_ZERO' */;
/*!40111 SET @OLD_SQL_NOTES=@@SQL_NOTES, SQL_NOTES=0 */;
DROP TABLE IF EXISTS `audit`;
/*!40101 SET @saved_cs_client     = @@character_set_client */;
/*!40101 SET character_set_client = utf8mb4 */;
CREATE TABLE `audit` (
  `id` bigint(20) unsigned NOT NULL AUTO_INCREMENT,
  `time` datetime(3) NOT NULL,
  `actor_id` bigint(20) unsigned DEFAULT NULL,
  `actor_name` varchar(128) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  `on_behalf_of` varchar(128) CHARACTER SET ascii COLLATE ascii_bin DEFAULT NULL,
  `action` varchar(64) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  `target` varchar(400) NOT NULL,
  `project` varchar(64) CHARACTER SET ascii COLLATE ascii_bin DEFAULT NULL,
  `outcome` varchar(16) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  `address` varchar(45) CHARACTER SET ascii COLLATE ascii_bin DEFAULT NULL,
  `user_agent` varchar(255) DEFAULT NULL,
  `request_id` varchar(64) CHARACTER SET ascii COLLATE ascii_bin DEFAULT NULL,
  PRIMARY KEY (`id`),
  KEY `audit_time` (`time`,`id`),
  KEY `audit_actor` (`actor_name`,`time`,`id`),
  KEY `audit_project` (`project`,`time`,`id`),
  KEY `audit_action` (`action`,`time`,`id`)
) ENGINE=InnoDB AUTO_INCREMENT=12 DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;
/*!40101 SET character_set_client = @saved_cs_client */;

INSERT INTO `audit` VALUES (1,'2026-11-28 05:15:09.855',NULL,'warden$system',NULL,'installation.create','3e05bf7a9b9fe740e9981d9c97d5cced0a061c836722fc8ad428404d7d410c52',NULL,'done',NULL,NULL,NULL);
INSERT INTO `audit` VALUES (2,'2026-11-28 05:17:45.555',1,'admin',NULL,'user.create','olga',NULL,'done','127.0.0.1','curl/7.88.1','ee27782a-fb6f-4080-a242-e0858abc4793');
INSERT INTO `audit` VALUES (3,'2026-11-28 05:17:45.946',1,'admin',NULL,'user.create','piet',NULL,'done','127.0.0.1','curl/7.88.1','5cb997a9-106a-47a0-93e8-8321877930dd');
INSERT INTO `audit` VALUES (4,'2026-11-28 05:17:46.264',1,'admin',NULL,'user.create','gone',NULL,'done','127.0.0.1','curl/7.88.1','0462a05d-cfdb-437c-92a8-868fab3d2288');
INSERT INTO `audit` VALUES (5,'2026-11-28 05:17:46.508',1,'admin',NULL,'user.update','gone',NULL,'done','127.0.0.1','curl/7.88.1','5669813a-4512-4c26-a26e-f7a8ff55610b');
INSERT INTO `audit` VALUES (6,'2026-11-28 05:17:46.775',1,'admin',NULL,'user.create','watcher',NULL,'done','127.0.0.1','curl/7.88.1','d67baba3-1a1f-4231-841d-b86ee6b107de');
INSERT INTO `audit` VALUES (7,'2026-11-28 05:17:47.075',1,'admin',NULL,'project.create','acme','acme','done','127.0.0.1','curl/7.88.1','519b286a-37ca-4190-884f-5cd45d281edc');
INSERT INTO `audit` VALUES (8,'2026-11-28 05:17:47.342',1,'admin',NULL,'project.create','open','open','done','127.0.0.1','curl/7.88.1','2f236dc0-53bd-40c0-9e2b-1ca990d3d45e');
INSERT INTO `audit` VALUES (9,'2026-11-28 05:17:47.579',1,'admin',NULL,'member.set','acme/olga','acme','done','127.0.0.1','curl/7.88.1','1b0cbeab-d34e-4a91-ac0f-be20ef74ee4d');
INSERT INTO `audit` VALUES (10,'2026-11-28 05:17:47.911',1,'admin',NULL,'member.set','acme/piet','acme','done','127.0.0.1','curl/7.88.1','f73ad1f3-4f6d-4bbb-bb3e-c57a28676561');
INSERT INTO `audit` VALUES (11,'2026-11-28 05:17:48.166',1,'admin',NULL,'member.set','acme/gone','acme','done','127.0.0.1','curl/7.88.1','0d1d260f-d32b-4a3d-97f7-000df627c800');
DROP TABLE IF EXISTS `change_version`;
/*!40101 SET @saved_cs_client     = @@character_set_client */;
/*!40101 SET character_set_client = utf8mb4 */;
CREATE TABLE `change_version` (
  `id` tinyint(3) unsigned NOT NULL,
  `epoch` char(32) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  `counter` bigint(20) unsigned NOT NULL,
  PRIMARY KEY (`id`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;
/*!40101 SET character_set_client = @saved_cs_client */;

INSERT INTO `change_version` VALUES (1,'96eb7eb6cb8122f27c01cf0b1df104c9',4);
DROP TABLE IF EXISTS `installation`;
/*!40101 SET @saved_cs_client     = @@character_set_client */;
/*!40101 SET character_set_client = utf8mb4 */;
CREATE TABLE `installation` (
  `id` tinyint(3) unsigned NOT NULL,
  `installation_id` char(36) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  `ca_fingerprint` char(64) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  `leaf_epoch` int(10) unsigned NOT NULL,
  `created_at` datetime(3) NOT NULL,
  PRIMARY KEY (`id`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;
/*!40101 SET character_set_client = @saved_cs_client */;

INSERT INTO `installation` VALUES (1,'d0dbd75d-a12b-4a6e-b056-b394f073d998','3e05bf7a9b9fe740e9981d9c97d5cced0a061c836722fc8ad428404d7d410c52',1,'2026-11-28 05:15:09.838');
DROP TABLE IF EXISTS `leases`;
/*!40101 SET @saved_cs_client     = @@character_set_client */;
/*!40101 SET character_set_client = utf8mb4 */;
CREATE TABLE `leases` (
  `name` varchar(64) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  `holder` char(36) CHARACTER SET ascii COLLATE ascii_bin DEFAULT NULL,
  `expires_at` datetime(3) NOT NULL,
  PRIMARY KEY (`name`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_general_ci;
/*!40101 SET character_set_client = @saved_cs_client */;

INSERT INTO `leases` VALUES ('migrate',NULL,'2026-11-28 05:15:07.960');
DROP TABLE IF EXISTS `members`;
/*!40101 SET @saved_cs_client     = @@character_set_client */;
/*!40101 SET character_set_client = utf8mb4 */;
CREATE TABLE `members` (
  `id` bigint(20) unsigned NOT NULL AUTO_INCREMENT,
  `project_id` bigint(20) unsigned NOT NULL,
  `member_kind` varchar(8) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  `member_id` bigint(20) unsigned NOT NULL,
  `role` varchar(16) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  `repositories` longtext DEFAULT NULL CHECK (json_valid(`repositories`)),
  `expires_at` datetime(3) DEFAULT NULL,
  `created_at` datetime(3) NOT NULL,
  `updated_at` datetime(3) NOT NULL,
  PRIMARY KEY (`id`),
  UNIQUE KEY `members_project_member` (`project_id`,`member_kind`,`member_id`),
  KEY `members_member` (`member_kind`,`member_id`,`project_id`)
) ENGINE=InnoDB AUTO_INCREMENT=6 DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;
/*!40101 SET character_set_client = @saved_cs_client */;

INSERT INTO `members` VALUES (1,2,'user',1,'projectAdmin',NULL,NULL,'2026-11-28 05:17:47.068','2026-11-28 05:17:47.068');
INSERT INTO `members` VALUES (2,3,'user',1,'projectAdmin',NULL,NULL,'2026-11-28 05:17:47.341','2026-11-28 05:17:47.341');
INSERT INTO `members` VALUES (3,2,'user',2,'maintainer',NULL,NULL,'2026-11-28 05:17:47.575','2026-11-28 05:17:47.575');
INSERT INTO `members` VALUES (4,2,'user',3,'guest','[\"web/**\"]','2099-01-01 00:00:00.000','2026-11-28 05:17:47.906','2026-11-28 05:17:47.906');
INSERT INTO `members` VALUES (5,2,'user',4,'developer',NULL,NULL,'2026-11-28 05:17:48.164','2026-11-28 05:17:48.164');
DROP TABLE IF EXISTS `migrations`;
/*!40101 SET @saved_cs_client     = @@character_set_client */;
/*!40101 SET character_set_client = utf8mb4 */;
CREATE TABLE `migrations` (
  `id` int(10) unsigned NOT NULL AUTO_INCREMENT,
  `name` varchar(255) DEFAULT NULL,
  `batch` int(11) DEFAULT NULL,
  `migration_time` timestamp NULL DEFAULT NULL,
  PRIMARY KEY (`id`)
) ENGINE=InnoDB AUTO_INCREMENT=9 DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_general_ci;
/*!40101 SET character_set_client = @saved_cs_client */;

INSERT INTO `migrations` VALUES (1,'0001_change_version',1,'2026-11-28 05:15:08');
INSERT INTO `migrations` VALUES (2,'0002_installation',1,'2026-11-28 05:15:08');
INSERT INTO `migrations` VALUES (3,'0003_users',1,'2026-11-28 05:15:08');
INSERT INTO `migrations` VALUES (4,'0004_projects',1,'2026-11-28 05:15:08');
INSERT INTO `migrations` VALUES (5,'0005_members',1,'2026-11-28 05:15:08');
INSERT INTO `migrations` VALUES (6,'0006_audit',1,'2026-11-28 05:15:08');
INSERT INTO `migrations` VALUES (7,'0007_replicas',1,'2026-11-28 05:15:08');
INSERT INTO `migrations` VALUES (8,'0008_tag_removals',1,'2026-11-28 05:15:08');
DROP TABLE IF EXISTS `migrations_lock`;
/*!40101 SET @saved_cs_client     = @@character_set_client */;
/*!40101 SET character_set_client = utf8mb4 */;
CREATE TABLE `migrations_lock` (
  `index` int(10) unsigned NOT NULL AUTO_INCREMENT,
  `is_locked` int(11) DEFAULT NULL,
  PRIMARY KEY (`index`)
) ENGINE=InnoDB AUTO_INCREMENT=3 DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_general_ci;
/*!40101 SET character_set_client = @saved_cs_client */;

INSERT INTO `migrations_lock` VALUES (2,0);
DROP TABLE IF EXISTS `projects`;
/*!40101 SET @saved_cs_client     = @@character_set_client */;
/*!40101 SET character_set_client = utf8mb4 */;
CREATE TABLE `projects` (
  `id` bigint(20) unsigned NOT NULL AUTO_INCREMENT,
  `name` varchar(64) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  `visibility` varchar(8) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  `version` int(10) unsigned NOT NULL,
  `created_at` datetime(3) NOT NULL,
  `updated_at` datetime(3) NOT NULL,
  PRIMARY KEY (`id`),
  UNIQUE KEY `projects_name` (`name`)
) ENGINE=InnoDB AUTO_INCREMENT=4 DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;
/*!40101 SET character_set_client = @saved_cs_client */;

INSERT INTO `projects` VALUES (1,'library','private',1,'2026-11-28 05:15:09.838','2026-11-28 05:15:09.838');
INSERT INTO `projects` VALUES (2,'acme','private',1,'2026-11-28 05:17:47.046','2026-11-28 05:17:47.046');
INSERT INTO `projects` VALUES (3,'open','public',1,'2026-11-28 05:17:47.338','2026-11-28 05:17:47.338');
DROP TABLE IF EXISTS `replicas`;
/*!40101 SET @saved_cs_client     = @@character_set_client */;
/*!40101 SET character_set_client = utf8mb4 */;
CREATE TABLE `replicas` (
  `id` char(36) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  `version` varchar(32) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  `leaf_fingerprint` char(64) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  `leaf_epoch` int(10) unsigned NOT NULL,
  `leaf_not_before` datetime(3) NOT NULL,
  `leaf_not_after` datetime(3) NOT NULL,
  `started_at` datetime(3) NOT NULL,
  `seen_at` datetime(3) NOT NULL,
  PRIMARY KEY (`id`),
  KEY `replicas_seen` (`seen_at`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;
/*!40101 SET character_set_client = @saved_cs_client */;

DROP TABLE IF EXISTS `tag_removals`;
/*!40101 SET @saved_cs_client     = @@character_set_client */;
/*!40101 SET character_set_client = utf8mb4 */;
CREATE TABLE `tag_removals` (
  `id` bigint(20) unsigned NOT NULL AUTO_INCREMENT,
  `repository` varchar(255) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  `tag` varchar(128) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  `digest` varchar(136) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  `media_type` varchar(128) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  `manifest` mediumblob NOT NULL,
  `dummy_digest` varchar(136) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  `actor_id` bigint(20) unsigned DEFAULT NULL,
  `actor_name` varchar(128) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  `holder` char(36) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  `expires_at` datetime(3) NOT NULL,
  `created_at` datetime(3) NOT NULL,
  PRIMARY KEY (`id`),
  UNIQUE KEY `tag_removals_tag` (`repository`,`tag`),
  KEY `tag_removals_expires` (`expires_at`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;
/*!40101 SET character_set_client = @saved_cs_client */;

DROP TABLE IF EXISTS `users`;
/*!40101 SET @saved_cs_client     = @@character_set_client */;
/*!40101 SET character_set_client = utf8mb4 */;
CREATE TABLE `users` (
  `id` bigint(20) unsigned NOT NULL AUTO_INCREMENT,
  `username` varchar(64) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  `source` varchar(64) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  `external_id` varchar(255) CHARACTER SET ascii COLLATE ascii_bin DEFAULT NULL,
  `email` varchar(254) DEFAULT NULL,
  `display_name` varchar(128) DEFAULT NULL,
  `system_role` varchar(16) CHARACTER SET ascii COLLATE ascii_bin DEFAULT NULL,
  `password_hash` varchar(255) CHARACTER SET ascii COLLATE ascii_bin DEFAULT NULL,
  `disabled_at` datetime(3) DEFAULT NULL,
  `deleted_at` datetime(3) DEFAULT NULL,
  `version` int(10) unsigned NOT NULL,
  `created_at` datetime(3) NOT NULL,
  `updated_at` datetime(3) NOT NULL,
  PRIMARY KEY (`id`),
  UNIQUE KEY `users_username` (`username`),
  UNIQUE KEY `users_identity` (`source`,`external_id`)
) ENGINE=InnoDB AUTO_INCREMENT=6 DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;
/*!40101 SET character_set_client = @saved_cs_client */;

INSERT INTO `users` VALUES (1,'admin','local',NULL,NULL,NULL,'administrator','$argon2id$v=19$m=19456,t=2,p=1$ZMs4PngRwixoEk38q8LNWA$mWEoZLq1rt5Ha72JW0zyFoaPyQ6vXjmR+sZv5qjDZ9E',NULL,NULL,1,'2026-11-28 05:15:09.838','2026-11-28 05:15:09.838');
INSERT INTO `users` VALUES (2,'olga','local',NULL,'Olga@example.com','Ольга',NULL,'$argon2id$v=19$m=19456,t=2,p=1$3BIrpINcjCzeJkL7zpVWYw$NC/r5NyrpXWzhL0RkvQasU74cPAUk4v5B95T/m0q97Q',NULL,NULL,1,'2026-11-28 05:17:45.551','2026-11-28 05:17:45.551');
INSERT INTO `users` VALUES (3,'piet','local',NULL,NULL,NULL,NULL,'$argon2id$v=19$m=19456,t=2,p=1$Hxh8hefDn1cJQADZau40Jw$w+KdkV4UY1ct7iKCEdX9YrVQjA9+WtyTCVi0MXSMFf8',NULL,NULL,1,'2026-11-28 05:17:45.941','2026-11-28 05:17:45.941');
INSERT INTO `users` VALUES (4,'gone','local',NULL,NULL,NULL,NULL,'$argon2id$v=19$m=19456,t=2,p=1$ZXzEUWcyzs2gZqMoyCWI/g$g8RT75zDQOHg7FFCq/uJRTX3NLQ4RGQeTFs4TMRMtRM','2026-11-28 05:17:46.505',NULL,2,'2026-11-28 05:17:46.259','2026-11-28 05:17:46.505');
INSERT INTO `users` VALUES (5,'watcher','local',NULL,NULL,NULL,'auditor','$argon2id$v=19$m=19456,t=2,p=1$j45E0FJQ2rz8cNBxN8f73Q$pJDSFVOqkv/JUJc3+244xii/7+x1DGAq3Y9MMWc4Yi8',NULL,NULL,1,'2026-11-28 05:17:46.773','2026-11-28 05:17:46.773');
/*!40103 SET TIME_ZONE=@OLD_TIME_ZONE */;

/*!40101 SET SQL_MODE=@OLD_SQL_MODE */;
/*!40014 SET FOREIGN_KEY_CHECKS=@OLD_FOREIGN_KEY_CHECKS */;
/*!40014 SET UNIQUE_CHECKS=@OLD_UNIQUE_CHECKS */;
/*!40101 SET CHARACTER_SET_CLIENT=@OLD_CHARACTER_SET_CLIENT */;
/*!40101 SET CHARACTER_SET_RESULTS=@OLD_CHARACTER_SET_RESULTS */;
/*!40101 SET COLLATION_CONNECTION=@OLD_COLLATION_CONNECTION */;
/*!40111 SET SQL_NOTES=@OLD_SQL_NOTES */;

