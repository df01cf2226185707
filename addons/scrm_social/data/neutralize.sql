-- A copy that fetched an access token would take it away from the original.
UPDATE scrm_channel
   SET secret = NULL,
       token = NULL,
       api_base_url = 'http://neutralized.invalid';
DELETE FROM scrm_channel_token;
