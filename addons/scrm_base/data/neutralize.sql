-- A copy tells nobody what the original tells; what rings the bell of the copy's own users stays.
UPDATE scrm_outbox
   SET state = 'dead',
       error = 'This database is a copy: the original sends it.'
 WHERE state IN ('queued', 'sending')
   AND medium <> 'inapp';
